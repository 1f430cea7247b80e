import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { BackupLine } from '../../src/report/run-report.js';
import { runAction, type ActionHandle, type ActionResult } from '../helpers/run-action.js';
import { sharedPostgres, sharedS3 } from '../helpers/shared-servers.js';
import { MeddlingProxy, type Meddler, type Meddling } from '../../testbed/meddling-proxy.js';
import { checked, s3Inputs, type Inputs } from './backup-runs.js';
import { RestoreRuns } from './restore-runs.js';

/** A database whose archive takes two parts of the smallest size, and whose `version` tells when it was backed up, by its number of rows. */
const FILLER_ROWS = 6000;
const SOURCE = `
  CREATE TABLE version (number int);
  CREATE TABLE filler AS SELECT g, repeat('x', 1000) AS filler FROM generate_series(1, ${FILLER_ROWS}) g;`;

/** What a run sends when it puts its archive, `one`, into its place. */
export const MOMENTS = {
  ahead: /^PUT .*\.pending\.json/,
  completion: /^(?:PUT .*\/one\.dump\?x-id=PutObject|POST .*\/one\.dump\?uploadId=)/,
  manifest: /^PUT .*\/one\.manifest\.json/,
  removal: /^DELETE .*\.pending\.json/,
} as const;

/** Asks to overwrite. */
export const FORCE = { force: 'true' };
/** One part is enough: the archive is stored by one request. */
export const SMALL = { 's3-chunk-size': '64MB' };

/** Runs over a backup called `one`, from useReplacedRuns() on. */
export let runs: RestoreRuns;
let proxies: MeddlingProxy[] = [];

/** Each test of a file begins with an empty bucket. */
export function useReplacedRuns(): void {
  beforeAll(async () => {
    runs = await RestoreRuns.create(SOURCE);
  });
  beforeEach(async () => {
    for (const key of await runs.bucket.keys()) await runs.bucket.delete(key);
    const store = runs.bucket.store({ prefix: '' });
    for (const { object, uploadId } of await store.backups.listUploads(runs.source))
      await store.backups.abortUpload(object, uploadId);
    await setVersion(1);
  });
  afterEach(async () => {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    proxies = [];
  });
  afterAll(() => runs.close());
}

/** What backups from now on hold. */
export async function setVersion(number: number): Promise<void> {
  await runs.server.psql(runs.source, `TRUNCATE version; INSERT INTO version SELECT generate_series(1, ${number})`);
}

/** Stopped after the test. */
export async function newProxy(target = sharedS3().endpoint): Promise<MeddlingProxy> {
  const proxy = await MeddlingProxy.start(target);
  proxies.push(proxy);
  return proxy;
}

export function inputsOf(mode: string, changes: Inputs = {}): Record<string, string> {
  return {
    mode,
    database: runs.source,
    's3-bucket': runs.bucket.settings.bucket,
    ...s3Inputs(),
    'pg-client': 'path',
    ...(mode === 'backup' ? { 'backup-name': 'one', 's3-chunk-size': '5MB', ...runs.connection('source') } : {}),
    ...changes,
  };
}

export async function start(mode: string, changes: Inputs = {}): Promise<ActionHandle> {
  const PATH = `${sharedPostgres().programs}:${process.env['PATH'] ?? ''}`;
  return runAction({ with: inputsOf(mode, changes), env: { PATH } });
}

export async function run(mode: string, changes: Inputs = {}): Promise<ActionResult> {
  return checked(await start(mode, changes), inputsOf(mode, changes));
}

export async function succeed(mode: string, changes: Inputs = {}): Promise<ActionResult> {
  const result = await run(mode, changes);
  if (result.exitCode !== 0) throw new Error(`the ${mode} failed:\n${result.stdout}${result.stderr}`);
  return result;
}

/** `answered`: it stays once the store has seen the request. `meddler`: what is done to all its other requests. */
interface Holding {
  answered?: boolean;
  target?: string;
  meddler?: Meddler;
}

/** A backup of `one` that stays where it sends its first request of a kind, before or after the store has seen that. */
export class HeldBackup {
  private constructor(
    readonly handle: ActionHandle,
    private readonly inputs: Inputs,
    private readonly release: (meddling: Meddling | undefined) => void,
  ) {}

  /** Comes back when it stays there. */
  static async at(moment: RegExp, changes: Inputs = {}, how: Holding = {}): Promise<HeldBackup> {
    const { answered = false, target, meddler = () => undefined } = how;
    const proxy = await newProxy(target);
    let tell: () => void = () => undefined;
    let release: (meddling: Meddling | undefined) => void = () => undefined;
    const isThere = new Promise<void>((resolve) => (tell = resolve));
    const released = new Promise<Meddling | undefined>((resolve) => (release = resolve));
    const hold = () => {
      tell();
      return released;
    };
    let isFirst = true;
    proxy.meddler = (line, headers) => {
      if (!moment.test(line) || !isFirst) return meddler(line, headers);
      isFirst = false;
      return answered ? { onAnswer: hold } : hold();
    };
    const inputs = { 's3-endpoint': proxy.endpoint, ...changes };
    const handle = await start('backup', inputs);
    const ended = await Promise.race([isThere, handle.done]);
    if (ended !== undefined) throw new Error(`it ended before:\n${ended.stdout}`);
    return new HeldBackup(handle, inputsOf('backup', inputs), release);
  }

  /** It goes on, or meets what is told. */
  async end(meddling?: Meddling): Promise<ActionResult> {
    this.release(meddling);
    return checked(this.handle, this.inputs);
  }

  async kill(): Promise<ActionResult> {
    this.handle.kill('SIGKILL');
    const result = await this.handle.done;
    expect(result.signal).toBe('SIGKILL');
    // What it had sent does not reach the store any more.
    this.release({ status: 500 });
    return result;
  }
}

/** Names of objects in the folder, and open uploads; ids are left out. */
export async function visible(): Promise<string[]> {
  const [keys, uploads] = await Promise.all([runs.bucket.keys(), runs.bucket.openUploads()]);
  const names = [...keys, ...uploads.map((key) => `upload of ${key}`)];
  return names.map((name) => name.replace(`${runs.source}/`, '').replace(/\.[0-9a-f]{32}\./, '.ID.')).sort();
}

export const WHOLE = ['one.dump', 'one.manifest.json'];

async function list(place: Inputs): Promise<BackupLine[]> {
  const { outputs } = await succeed('list', place);
  return JSON.parse(outputs['backups'] ?? '') as BackupLine[];
}

/** States of all that a list shows. */
export async function listed(place: Inputs = {}): Promise<Record<string, string>> {
  return Object.fromEntries((await list(place)).map(({ name, state }) => [name, state]));
}

/**
 * Whatever else is there, `one` is complete and whole, and of this version: the verification compares every byte of the archive with
 * its manifest, and that knows how many rows are in it.
 */
export async function expectVersion(number: number, place: Inputs = {}): Promise<void> {
  const found = (await list(place)).map(({ name, state, rows }) => ({ name, state, rows }));
  expect(found).toEqual([{ name: 'one', state: 'complete', rows: FILLER_ROWS + number }]);
  const verified = await succeed('verify', { 'backup-name': 'latest', ...place });
  expect(verified.annotations).toEqual([]);
}

/** The newest backup gives back the database as it was in this version. */
export async function expectRestorable(number: number, place: Inputs = {}): Promise<void> {
  const target = await runs.emptyTarget();
  await succeed('restore', {
    ...place,
    'backup-name': 'latest',
    'target-database': target,
    ...runs.connection('target'),
  });
  expect(await runs.server.psql(target, 'SELECT count(*) FROM version')).toBe(String(number));
}
