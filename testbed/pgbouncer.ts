import { chown, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseServer } from './database-server.js';
import { freePort } from './free-port.js';
import { startGuarded } from './guarded.js';
import { IS_ROOT, testbedDirectory, testbedScript } from './places.js';
import { serverUser } from './postgres.js';
import { runProgram } from './run-program.js';

/** A PgBouncer in transaction mode before a server, as it comes: whoever connects is the server's superuser. */
export interface Pgbouncer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Ends the pooler when its stdin closes. */
const GUARD = `"$@" < /dev/null > "$DIRECTORY/log" 2>&1 &
echo $!
read -r _
kill -INT $! ; wait $!
rm -rf "$DIRECTORY"`;

/** Starts PgBouncer out of Debian's package, unpacked into a folder. Needs root and apt the first time. */
export async function startPgbouncer(server: DatabaseServer): Promise<Pgbouncer> {
  const root = join(testbedDirectory(), 'pgbouncer');
  const env = { TESTBED_DIR: testbedDirectory() };
  await runProgram('bash', [testbedScript('apt-root.sh'), 'bookworm', root, 'pgbouncer'], { env });
  // The C library of bookworm lies in /lib, the rest in /usr/lib.
  const machine = (await readdir(join(root, 'usr/lib'))).find((name) => name.endsWith('-linux-gnu')) ?? '';
  const libraries = ['lib', 'usr/lib'].map((folder) => join(root, folder, machine));
  const loader = (await readdir(libraries[0] ?? '')).find((name) => name.startsWith('ld-linux')) ?? '';
  const [port, user] = [await freePort(), IS_ROOT ? await serverUser() : null];
  const directory = await mkdtemp(join(tmpdir(), 'phaselift-pgbouncer-'));
  const login = `user=${server.user} password=${server.password}`;
  const configuration = `[databases]\n* = host=${server.host} port=${server.port} ${login}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n`;
  await writeFile(join(directory, 'pgbouncer.ini'), configuration);
  if (user) for (const path of [directory, join(directory, 'pgbouncer.ini')]) await chown(path, user.uid, user.gid);
  const program = [
    join(libraries[0] ?? '', loader),
    '--library-path',
    libraries.join(':'),
    join(root, 'usr/sbin/pgbouncer'),
  ];
  const args = ['-c', GUARD, 'guard', ...program, join(directory, 'pgbouncer.ini')];
  const guard = await startGuarded('bash', args, { user, cwd: directory, env: { DIRECTORY: directory } });
  const psql = join(server.programs, 'psql');
  const reach = { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: server.user, PGDATABASE: 'postgres' };
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answer = await runProgram(psql, ['-XAtc', 'SELECT 1'], { env: reach }).catch((error: unknown) => error);
    if (answer === '1\n') break;
    if (Date.now() > deadline) throw answer instanceof Error ? answer : new Error('PgBouncer did not answer');
    await sleep(50);
  }
  return { port, stop: () => guard.release() };
}
