import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { databaseServerAt, type DatabaseServer } from './database-server.js';
import { freePort } from './free-port.js';
import { startGuarded, type Guarded } from './guarded.js';
import { IS_ROOT } from './places.js';
import { postgresPrograms, type Major } from './postgres-programs.js';
import { runProgram } from './run-program.js';

export interface PostgresOptions {
  /** Without one, the newest that is installed. */
  version?: Major;
  /** The directory of the programs, in place of a version. */
  programs?: string;
  /** Settings of postgresql.conf, over those of the testbed. */
  settings?: Readonly<Record<string, string>>;
  /** Without one, a free port. */
  port?: number;
  /** The new server is its standby: a copy that follows it, and that sessions may read. It has to have `max_wal_senders`. */
  primary?: PostgresServer;
}

/** A throw-away PostgreSQL server on 127.0.0.1 whose superuser is `postgres`. It dies with this process. */
export interface PostgresServer extends DatabaseServer {
  readonly dataDirectory: string;
  /** What the server has logged since it was made. */
  log(): Promise<string>;
  /** Ends the server at once and removes its files. */
  stop(): Promise<void>;
  /** Ends the server as a crash would: sessions are cut off, the next start recovers, unlogged tables come back empty. */
  crash(): Promise<void>;
  /** Starts the server again on the same port and files, after a crash or out of full work. */
  restart(): Promise<void>;
}

/** Small, and careless of the disk: nothing here has to outlive a power cut. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  max_wal_senders: '0',
  jit: 'off',
  log_line_prefix: '%m %a ',
};

/** Keeps the server until its stdin closes or says how to end it; `crash` and `restart` leave the files. */
const GUARD = `
cd / ; "$@" < /dev/null >> "$DIRECTORY/log" 2>&1 &
echo $!
trap '' PIPE # of a parent that is gone nobody reads what bash says of its child
read -r word
if [ "$word" = restart ]; then kill -INT $!; else kill -QUIT $!; fi
wait $!
case $word in crash | restart) ;; *) rm -rf "$DIRECTORY" ;; esac`;

/** Makes a cluster in a temporary directory and starts a server on it, as another user when this process is root. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const programs = options.programs ?? (await postgresPrograms(options.version));
  const port = options.port ?? (await freePort());
  const user = IS_ROOT ? await serverUser() : null;
  const directory = await mkdtemp(join(tmpdir(), 'phaselift-pg-'));
  const dataDirectory = join(directory, 'data');
  const password = 'postgres-password';
  let guard: Guarded | null = null;

  async function start(): Promise<void> {
    const args = ['-c', GUARD, 'guard', join(programs, 'postgres'), '-D', dataDirectory];
    guard = await startGuarded('bash', args, { user, cwd: directory, env: { DIRECTORY: directory } });
    const pid = guard.firstLine;
    const deadline = Date.now() + 60_000;
    while (!(await isReady(dataDirectory, pid))) {
      if (!isAlive(Number(pid)) || Date.now() > deadline) {
        const log = await readFile(join(directory, 'log'), 'utf8').catch(() => '');
        await end();
        throw new Error(`PostgreSQL did not start on port ${port}: ${log.slice(-2000)}`);
      }
      await sleep(20);
    }
  }

  async function end(word?: 'crash' | 'restart'): Promise<void> {
    await guard?.release(word);
    guard = null;
  }

  try {
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, password);
    if (user) for (const path of [directory, passwordFile]) await chown(path, user.uid, user.gid);
    await chmod(directory, 0o700);
    const logins = ['-U', 'postgres', '--pwfile', passwordFile, '--auth-host=scram-sha-256', '--auth-local=trust'];
    if (options.primary === undefined) {
      const making = ['-D', dataDirectory, '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8', ...logins];
      await runProgram(join(programs, 'initdb'), making, { user, cwd: directory });
    } else {
      // `-R`: the copy knows how to follow.
      const copying = ['-D', dataDirectory, '--no-sync', '--checkpoint=fast', '-R'];
      const env = options.primary.environment('postgres');
      await runProgram(join(programs, 'pg_basebackup'), copying, { user, cwd: directory, env });
    }
    const settings = { ...SETTINGS, port: String(port), unix_socket_directories: directory, ...options.settings };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
    await writeFile(join(dataDirectory, 'postgresql.conf'), lines.join(''), { flag: 'a' });
    await start();
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }

  return {
    ...databaseServerAt(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`, programs),
    dataDirectory,
    log: () => readFile(join(directory, 'log'), 'utf8'),
    async stop() {
      await end();
      await rm(directory, { recursive: true, force: true });
    },
    crash: () => end('crash'),
    async restart() {
      await end('restart');
      await start();
    },
  };
}

/** The user that servers run as when we are root: PostgreSQL refuses to run as root itself. */
export async function serverUser(): Promise<{ uid: number; gid: number }> {
  let name = 'postgres';
  if (!(await succeeds('id', [name]))) {
    name = 'phaselift-test';
    if (!(await succeeds('id', [name]))) await runProgram('useradd', ['--system', '--no-create-home', name]);
  }
  const [uid, gid] = await Promise.all(['-u', '-g'].map((which) => runProgram('id', [which, name])));
  return { uid: Number(uid), gid: Number(gid) };
}

function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return runProgram(command, args).then(
    () => true,
    () => false,
  );
}

/**
 * True when the postmaster says so in its lock file: process id first, state in line 8. (pg_isready would also be content
 * with another server on the same port.)
 */
async function isReady(dataDirectory: string, pid: string): Promise<boolean> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  return lines[0] === pid && lines[7] === 'ready';
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
