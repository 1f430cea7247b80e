import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseServer } from './database-server.js';
import { postgresSource } from './postgres-source.js';
import { ownEnvironment, runProgram } from './run-program.js';

const REGRESS = 'src/test/regress';

/**
 * Makes the database that PostgreSQL's own regression tests leave behind, by the scripts of Debian's source package of 15, and returns its name. What needs
 * the tests' C library is not in it, as that would have to be compiled: statements that fail are passed over, as many of the
 * scripts' own do. The roles of the tests are left in the server.
 */
export async function makeRegressionDatabase(server: DatabaseServer): Promise<string> {
  const name = 'regression';
  await server.psql('postgres', `CREATE DATABASE ${name} TEMPLATE template0 LOCALE 'C' ENCODING 'UTF8';`);
  await server.psql(
    'postgres',
    ["lc_messages = 'C'", "timezone_abbreviations = 'Default'", "datestyle = 'Postgres, MDY'", "timezone = 'PST8PDT'"]
      .map((setting) => `ALTER DATABASE ${name} SET ${setting};`)
      .join('\n'),
  );
  const scripts = await regressionScripts();
  try {
    const schedule = await readFile(join(scripts, 'parallel_schedule'), 'utf8');
    const tests = [...schedule.matchAll(/^test: (.+)$/gm)].flatMap(([, names = '']) => names.trim().split(/\s+/));
    const env = {
      ...ownEnvironment(),
      ...server.environment(name),
      PG_ABS_SRCDIR: scripts,
      PG_ABS_BUILDDIR: scripts,
      PG_LIBDIR: scripts,
      PG_DLSUFFIX: '.so',
    };
    const run =
      'for test in "$@"; do "$PSQL" -X -q -f "$PG_ABS_SRCDIR/sql/$test.sql" < /dev/null; done > /dev/null 2>&1; true';
    await runProgram('bash', ['-c', run, 'run', ...tests], { env: { ...env, PSQL: join(server.programs, 'psql') } });
    return name;
  } finally {
    await rm(scripts, { recursive: true });
  }
}

/** A copy that the server's user can read. */
async function regressionScripts(): Promise<string> {
  const source = await postgresSource();
  const copy = await mkdtemp(join(tmpdir(), 'phaselift-regress-'));
  await cp(join(source, REGRESS), copy, { recursive: true });
  await runProgram('chmod', ['-R', 'a+rwX', copy]);
  return copy;
}
