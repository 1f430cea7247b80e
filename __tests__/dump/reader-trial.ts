import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import type { Login } from '../../testbed/database-server.js';
import { ownEnvironment } from '../../testbed/run-program.js';
import type { BackupRuns, Inputs } from '../commands/backup-runs.js';
import { expectSameArchive, type JoinedArchive } from './joined-archive.js';

/** How many read, unless a test says otherwise; what trials with one reader show is set by the environment. */
export const READERS = process.env['PHASELIFT_TEST_READERS'] ?? '4';

export interface Trial {
  /** Options of pg_dump, ours and the reference's. */
  options?: readonly string[];
  compress?: string;
  login?: Login;
  /** Further inputs. */
  with?: Inputs;
  /** Further variables of the action's environment. */
  env?: Readonly<Record<string, string>>;
}

/** Takes a backup by many readers, and the dump of a stock pg_dump, of a database that nobody writes to: both must be the same. */
export async function expectSameAsPgDump(
  runs: BackupRuns,
  database: string,
  trial: Trial = {},
): Promise<JoinedArchive> {
  const [ours, pgDumps] = [await backUpByReaders(runs, database, trial), await dumpAlone(runs, database, trial)];
  return expectSameArchive(ours, pgDumps, runs.postgres.programs);
}

/** The inputs of a backup by many readers. */
export function readerInputs({ options = [], compress = '0', login, with: further = {} }: Trial): Inputs {
  const who = login === undefined ? {} : { 'source-user': login.user, 'source-password': login.password };
  return {
    'dump-jobs': READERS,
    'dump-compress': compress,
    'dump-options': options.join('\n'),
    force: 'true',
    ...who,
    ...further,
  };
}

/** The archive of a backup by many readers, which must be well. */
export async function backUpByReaders(runs: BackupRuns, database: string, trial: Trial = {}): Promise<Buffer> {
  await runs.succeed(database, readerInputs(trial), { env: trial.env ?? {} });
  return runs.bucket.get(`${database}/one.dump`);
}

/** What a stock pg_dump writes into a pipe; not compressed, as compression is the one thing that may differ. */
export async function dumpAlone(
  runs: BackupRuns,
  database: string,
  { options = [], login }: Trial = {},
): Promise<Buffer> {
  const dump = spawn(join(runs.postgres.programs, 'pg_dump'), ['-Fc', '-Z0', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...ownEnvironment(), ...runs.postgres.environment(database, login) },
  });
  const exited = new Promise<number | null>((resolve) => dump.once('close', resolve));
  const [archive, stderr, code] = await Promise.all([buffer(dump.stdout), text(dump.stderr), exited]);
  if (code !== 0) throw new Error(`pg_dump failed: ${stderr}`);
  return archive;
}
