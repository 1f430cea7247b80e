import { expect } from '@jest/globals';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import type { DumpTextOptions } from '../../testbed/dump-text.js';
import type { IndexStrategy } from '../../src/plan/index-strategy.js';
import { createBucket } from '../helpers/buckets.js';
import { dumpText, uniqueName } from '../helpers/databases.js';
import { runAction, type ActionHandle, type ActionResult } from '../helpers/run-action.js';
import { sharedS3 } from '../helpers/shared-servers.js';

/** A backup of a database in a bucket of its own, and how to restore it. */
export interface BackupTrial {
  readonly source: DatabaseServer;
  readonly database: string;
  readonly bucket: string;
  /** The inputs that say where the backup is. */
  readonly place: Readonly<Record<string, string>>;
  /** Restores into a new database (or the one named) to the end, which has to be a good one. Returns the target. */
  restore(options?: RestoreOptions): Promise<RestoredDatabase>;
  /** Starts a restore, which may end as it likes. */
  start(options?: RestoreOptions): Promise<StartedRestore>;
}

export interface RestoreOptions {
  target?: DatabaseServer;
  /** Who restores; the one who backed up if not given. */
  login?: Login;
  database?: string;
  strategy?: IndexStrategy;
  jobs?: number;
  /** Directory of the tools; the target server's own if not given. */
  tools?: string;
  /** Further inputs. */
  with?: Readonly<Record<string, string>>;
}

export interface RestoredDatabase {
  server: DatabaseServer;
  name: string;
  result: ActionResult;
}

export interface StartedRestore {
  name: string;
  handle: ActionHandle;
}

/** Backs a database up through the built action. */
export async function backUp(
  source: DatabaseServer,
  database: string,
  login: Login,
  options: { tools?: string; with?: Readonly<Record<string, string>> } = {},
): Promise<BackupTrial> {
  const bucket = await createBucket(sharedS3(), 'engine');
  const backup = await runAction({
    with: {
      mode: 'backup',
      database,
      ...storeInputs(bucket),
      ...connectionInputs('source', source, login),
      ...options.with,
    },
    env: toolsOnPath(options.tools ?? source.programs),
  });
  const made = await backup.done;
  expectSuccess(made);
  const name = made.outputs['backup-name'] ?? '';

  async function start(restore: RestoreOptions = {}): Promise<StartedRestore> {
    const server = restore.target ?? source;
    const target = restore.database ?? uniqueName('restored');
    const handle = await runAction({
      with: {
        mode: 'restore',
        database,
        'backup-name': name,
        'target-database': target,
        'index-strategy': restore.strategy ?? 'empty',
        'restore-jobs': String(restore.jobs ?? 1),
        ...storeInputs(bucket),
        ...connectionInputs('target', server, restore.login ?? login),
        ...restore.with,
      },
      env: toolsOnPath(restore.tools ?? server.programs),
    });
    return { name: target, handle };
  }

  return {
    source,
    database,
    bucket,
    place: storeInputs(bucket),
    start,
    async restore(restore = {}) {
      const started = await start(restore);
      const result = await started.handle.done;
      expectSuccess(result);
      return { server: restore.target ?? source, name: started.name, result };
    },
  };
}

function storeInputs(bucket: string): Record<string, string> {
  const s3 = sharedS3();
  return {
    's3-bucket': bucket,
    's3-endpoint': s3.endpoint,
    'aws-access-key-id': s3.accessKey,
    'aws-secret-access-key': s3.secretKey,
  };
}

function connectionInputs(side: 'source' | 'target', server: DatabaseServer, login: Login): Record<string, string> {
  return {
    [`${side}-host`]: server.host,
    [`${side}-port`]: String(server.port),
    [`${side}-user`]: login.user,
    [`${side}-password`]: login.password,
  };
}

function toolsOnPath(directory: string): Record<string, string> {
  return { PATH: `${directory}:${process.env['PATH'] ?? ''}` };
}

/** Shows the end of the log when a step that should have succeeded did not. */
export function expectSuccess(result: ActionResult): void {
  if (result.exitCode === 0) return;
  const log = [...result.lines.slice(-25), result.stderr.slice(-1500)].join('\n');
  throw new Error(`the step ended with ${result.signal ?? `exit code ${String(result.exitCode)}`}:\n${log}`);
}

/** Both databases give the same text of pg_dump. The order of rows counts unless `sortRows`. */
export async function expectSameDump(
  source: { server: DatabaseServer; name: string },
  target: { server: DatabaseServer; name: string },
  options: DumpTextOptions = {},
): Promise<void> {
  await expectDump(await dumpText(source.server, source.name, options), target, options);
}

/** As expectSameDump, with the text of a source that is not as it was any more. */
export async function expectDump(
  source: string,
  target: { server: DatabaseServer; name: string },
  options: DumpTextOptions = {},
): Promise<void> {
  expect(differences(source, await dumpText(target.server, target.name, options))).toEqual([]);
}

const SHOWN = 20;

/** Lines that are in only one of two texts, or in another place; not a true diff, but short and enough to see why. */
function differences(before: string, after: string): string[] {
  if (before === after) return [];
  const [old, now] = [before.split('\n'), after.split('\n')];
  const [inOld, inNow] = [new Set(old), new Set(now)];
  const lost = old.filter((line) => !inNow.has(line)).map((line) => `- ${line}`);
  const added = now.filter((line) => !inOld.has(line)).map((line) => `+ ${line}`);
  const first = old.findIndex((line, index) => line !== now[index]);
  const place = [
    `first difference in line ${first + 1}:`,
    ...old.slice(first, first + 4),
    '→',
    ...now.slice(first, first + 4),
  ];
  return [...lost.slice(0, SHOWN), ...added.slice(0, SHOWN), ...place];
}
