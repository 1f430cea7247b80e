import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { BackupRuns, expectFailure } from '../commands/backup-runs.js';
import { createDatabase, createRole, dropDatabase } from '../helpers/databases.js';
import '../helpers/run-action.js';
import { ODD_ROWS } from './odd-rows.js';
import { expectSameAsPgDump, readerInputs } from './reader-trial.js';
import { deepTest, few } from '../helpers/depth.js';

/** Without the data of most large tables, where it makes no difference: a quarter of the time. */
const FEW = '--exclude-table-data=odd.[lt]*';

let runs: BackupRuns;
let odd: string;
/** May read all, and has settings of its own that change how values are written. */
let strange: Login;
const made: string[] = [];

beforeAll(async () => {
  runs = await BackupRuns.create();
  odd = await createDatabase(runs.postgres, { sql: ODD_ROWS });
  made.push(odd);
  strange = await createRole(runs.postgres, { attributes: 'BYPASSRLS IN ROLE pg_read_all_data' });
  const settings = {
    bytea_output: 'escape',
    datestyle: 'SQL, DMY',
    intervalstyle: 'iso_8601',
    extra_float_digits: '-5',
    timezone: 'Asia/Kathmandu',
    search_path: 'odd',
    row_security: 'off',
    statement_timeout: '2min',
    lock_timeout: '2min',
    synchronize_seqscans: 'on',
    default_transaction_read_only: 'on',
    default_transaction_isolation: 'serializable',
    quote_all_identifiers: 'on',
    enable_tidscan: 'off',
    xmloption: 'document',
    standard_conforming_strings: 'off',
    escape_string_warning: 'on',
    lo_compat_privileges: 'on',
    client_min_messages: 'debug1',
  };
  const sql = Object.entries(settings).map(([name, value]) => `ALTER ROLE ${strange.user} SET ${name} = '${value}';`);
  await runs.postgres.psql('postgres', sql.join('\n').replace("'SQL, DMY'", 'SQL, DMY'));
});
afterAll(async () => {
  for (const name of made) await dropDatabase(runs.postgres, name);
  runs.close();
});

async function database(sql: string): Promise<string> {
  const name = await createDatabase(runs.postgres, { sql });
  made.push(name);
  return name;
}

describe('an archive that many readers make', () => {
  test.each(few([0], ['0', '1']))(
    'an archive of many readers has the rows of pg_dump (dump-compress %s)',
    async (compress) => {
      const archive = await expectSameAsPgDump(runs, odd, { compress });
      expect(archive.compression).toBe(compress === '0' ? 'none' : 'gzip');
      expect(archive.textBytes).toBeGreaterThan(60_000_000);
    },
  );

  test.each(
    few(
      [0, 2, 3],
      [
        [['--encoding=GB18030', FEW]],
        [['--quote-all-identifiers', FEW]],
        [['--extra-float-digits=0', '--table=odd.settings']],
        [['--load-via-partition-root', '--table=odd.by_*']],
        [['--exclude-table-data=odd.large', '--exclude-table=odd.toasted', '--no-large-objects']],
        [['--schema=odd', '--no-unlogged-table-data', FEW]],
        [['--table=odd.large', '--large-objects']],
        [['--serializable-deferrable', '--lock-wait-timeout=60s', '--table=odd.computed_first']],
      ],
    ),
  )('an archive of many readers is as pg_dump makes it with %j', async (options) => {
    await expectSameAsPgDump(runs, odd, { options: options.map((option) => option.replace('large-objects', 'blobs')) });
  });

  test('readers of an archive are not led astray by the settings of their role', async () => {
    await expectSameAsPgDump(runs, odd, { login: strange, options: ['--no-blobs', FEW] });
  });

  deepTest('readers of an archive take over the role of --role', async () => {
    const outsider = await createRole(runs.postgres, { attributes: 'NOINHERIT' });
    await runs.postgres.psql('postgres', `GRANT ${strange.user} TO ${outsider.user}`);
    await expectSameAsPgDump(runs, odd, {
      login: outsider,
      options: [`--role=${strange.user}`, '--no-blobs', '--table=odd.*', FEW],
    });
  });

  test('readers of an archive see what row-level security lets them see', async () => {
    const seeing = await createRole(runs.postgres, { attributes: 'IN ROLE pg_read_all_data' });
    const trial = { login: seeing, options: ['--table=odd.hidden'] };
    const refused = await runs.run(odd, { ...readerInputs(trial), 'backup-name': 'refused' });
    expectFailure(refused, /row-level security policy for table "hidden"/, /BYPASSRLS; `--enable-row-security`/);
    const archive = await expectSameAsPgDump(runs, odd, {
      ...trial,
      options: [...trial.options, '--enable-row-security'],
    });
    expect(archive.blocks).toHaveLength(1);
  });
});

describe('small and strange databases', () => {
  test.each(
    few(
      [0, 1],
      [
        ['nothing', ''],
        [
          'a row of 60 MB',
          String.raw`CREATE TABLE t AS SELECT 1 AS id, repeat(E'a row with\ttabs, \\ and\n', 2500000) AS value; INSERT INTO t VALUES (2, 'behind')`,
        ],
        ['large objects alone', "SELECT lo_from_bytea(n, 'x') FROM generate_series(70001, 70005) n"],
        ['one empty table', 'CREATE TABLE t ()'],
        [
          'a table in which nothing is alive',
          'CREATE TABLE t AS SELECT repeat(md5(n::text), 20) FROM generate_series(1, 60000) n; DELETE FROM t',
        ],
      ],
    ),
  )('an archive of many readers is as pg_dump makes it of a database with %s', async (_, sql) => {
    await expectSameAsPgDump(runs, await database(sql));
  });

  test.each(
    few(
      [2],
      [
        ['SQL_ASCII', String.raw`E'\xff\xfe\x80 \\ not UTF-8'`],
        ['LATIN1', String.raw`'grün ÿ' || chr(160)`],
        ['EUC_JP', `'漢字'`],
      ],
    ),
  )('an archive of many readers is as pg_dump makes it of a database in %s', async (encoding, value) => {
    const name = `encoding_${encoding.toLowerCase()}_${String(process.pid)}`;
    await runs.postgres.psql(
      'postgres',
      `CREATE DATABASE ${name} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`,
    );
    made.push(name);
    await runs.postgres.psql(
      name,
      `SET client_encoding = ${encoding === 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8'};
      CREATE TABLE "tä" ("cö" text); INSERT INTO "tä" SELECT ${value} || n FROM generate_series(1, 2000) n;
      CREATE TABLE plain AS SELECT n, ${value} AS v, repeat('z', 400) AS filler FROM generate_series(1, 90000) n`,
    );
    await expectSameAsPgDump(runs, name);
  });

  test('an archive of many readers is as pg_dump makes it of a thousand small tables', async () => {
    const sql = `DO $$ BEGIN FOR n IN 1..1000 LOOP
      EXECUTE format('CREATE TABLE %I (a int, b text)', 't ' || n); EXECUTE format('INSERT INTO %I SELECT g, %L FROM generate_series(1, %s) g', 't ' || n, '\\.', n % 40);
      END LOOP; END $$`;
    await expectSameAsPgDump(runs, await database(sql));
  });
});

describe('PostgreSQL 17', () => {
  let server: PostgresServer;
  let newer: BackupRuns;
  let name: string;

  beforeAll(async () => {
    server = await startPostgres({ version: 17 });
    newer = await BackupRuns.create(server);
    name = await createDatabase(server, { sql: ODD_ROWS });
  });
  afterAll(async () => {
    newer.close();
    await server.stop();
  });

  test.each(few([2], ['0', 'gzip', 'zstd']))(
    'an archive of 17 by many readers has the rows of pg_dump (dump-compress %s)',
    async (compress) => {
      const archive = await expectSameAsPgDump(newer, name, { compress });
      expect(archive.compression).toBe(compress === '0' ? 'none' : compress);
    },
  );
});
