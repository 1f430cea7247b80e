import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatExact } from '../../src/foundation/format.js';
import type { Manifest } from '../../src/store/manifest.js';
import { writeManifest } from '../../src/store/manifest-text.js';
import { expectFailure } from './backup-runs.js';
import { RestoreRuns, type Inputs } from './restore-runs.js';

const SOURCE = `
  CREATE SCHEMA app;
  CREATE TABLE app.t (id int PRIMARY KEY, payload text NOT NULL);
  INSERT INTO app.t SELECT i, 'row ' || i || ' ' || repeat('x', 300) FROM generate_series(1, 2500) i;
  CREATE TABLE app.no_key (a int);
  INSERT INTO app.no_key SELECT i % 7 FROM generate_series(1, 1000) i;
  CREATE INDEX by_payload ON app.t (payload);`;

let runs: RestoreRuns;
let archive: Buffer;
let manifest: string;

beforeAll(async () => {
  runs = await RestoreRuns.create(SOURCE);
  await runs.backUp('one');
  archive = await runs.bucket.get(runs.archiveKey());
  manifest = (await runs.bucket.get(runs.manifestKey())).toString();
});

afterAll(() => runs.close());

/** Stores a backup under a name of its own, archive or manifest changed; null leaves one out. */
async function store(
  name: string,
  { archive: bytes = archive, manifest: text = manifest }: { archive?: Buffer | null; manifest?: string | null },
): Promise<void> {
  if (bytes !== null) await runs.bucket.put(runs.archiveKey(name), bytes);
  if (text !== null) await runs.bucket.put(runs.manifestKey(name), text);
}

/** A restore that must fail before it has touched the target. */
async function refused(changes: Inputs, firstLine: RegExp, nextStep: RegExp): Promise<void> {
  const target = await runs.emptyTarget();
  const result = await runs.run(target, changes);
  expectFailure(result, firstLine, nextStep);
  await runs.expectUntouched(target);
}

/** An archive as pg_dump alone makes it. */
function plainDump(args: readonly string[] = []): Buffer {
  const { stdout, status } = spawnSync(join(runs.server.programs, 'pg_dump'), ['-Fc', ...args], {
    env: { ...process.env, ...runs.server.environment(runs.source, runs.owner) },
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(status).toBe(0);
  return stdout;
}

describe('which backup', () => {
  test('`latest` is the newest backup by its own time, not by name or time of writing', async () => {
    await runs.backUp('z-older');
    await runs.backUp('a-newest');
    const older = await runs.bucket.get(runs.manifestKey('z-older'));
    await runs.bucket.put(runs.manifestKey('z-older'), older);
    const target = await runs.emptyTarget();
    const result = await runs.succeed(target, { 'backup-name': 'latest' });
    expect(result.outputs).toMatchObject({
      'backup-name': 'a-newest',
      'backup-uri': runs.uriOf(runs.archiveKey('a-newest')),
      'manifest-uri': runs.uriOf(runs.manifestKey('a-newest')),
      'table-count': '2',
      'row-count': '3500',
      'size-bytes': String(archive.length),
      resumed: 'false',
    });
    expect(result.annotations).toEqual([]);
    await runs.expectRestored(target);
  });

  test('`latest` is refused where there is no backup', async () => {
    await store('only-an-archive', { manifest: null });
    await refused(
      { 'backup-name': 'latest', 's3-prefix': 'elsewhere' },
      /no complete backup of db_\w+ in s3:\/\/.*\/elsewhere/,
      /`database`, `s3-bucket` and `s3-prefix`/,
    );
  });

  test('a backup name that no backup has is refused', async () => {
    await refused(
      { 'backup-name': 'onee' },
      /no backup onee of db_\w+: s3:\/\/.*\/onee\.dump/,
      /Of db_\w+ there are one, .*backup-name/,
    );
  });

  test('a database that no backup is of is refused', async () => {
    await refused(
      { database: 'other' },
      /no backup one of other: s3:\/\/.*\/other\/one\.dump/,
      /There are backups of db_\w+.*`database`/,
    );
  });

  test('a backup whose archive is gone is refused', async () => {
    await store('no-archive', { archive: null });
    await refused({ 'backup-name': 'no-archive' }, /archive of the backup no-archive is gone/, /latest/);
  });
});

describe('a manifest that does not describe the archive', () => {
  test('a manifest is refused because it is not JSON', async () => {
    await store('not-json', { manifest: manifest.slice(0, -20) });
    await refused({ 'backup-name': 'not-json' }, /manifest s3:\/\/.*\/not-json\.manifest\.json is not JSON/, /./);
  });

  test('a manifest is refused because a newer version wrote it', async () => {
    await store('newer', { manifest: manifest.replace('"format":1', '"format":3') });
    await refused({ 'backup-name': 'newer' }, /newer\.manifest\.json has format 3, this version knows 2/, /Upgrade/);
  });

  test('a manifest is refused because something is missing in it', async () => {
    await store('bare', { manifest: manifest.replace('"sha256"', '"sha255"') });
    await refused({ 'backup-name': 'bare' }, /bare\.manifest\.json is not valid at archive\.sha256/, /./);
  });

  test('a manifest is refused because the archive was cut short', async () => {
    await store('cut', { archive: archive.subarray(0, archive.length - 1000) });
    await refused(
      { 'backup-name': 'cut' },
      new RegExp(`cut\\.manifest\\.json does not describe its archive: ${formatExact(archive.length - 1000)} bytes`),
      /another backup/,
    );
  });

  test('a manifest is refused because it leaves out the data of a table', async () => {
    const changed = JSON.parse(manifest) as Manifest;
    changed.map.blocks.shift();
    await store('less', { manifest: writeManifest(changed) });
    const target = await runs.emptyTarget();
    const result = await runs.run(target, { 'backup-name': 'less' });
    expectFailure(
      result,
      /less\.manifest\.json does not describe its archive: it has no data of TABLE DATA/,
      /another/,
    );
    await runs.expectUntouched(target);
  });

  test('a manifest is refused because the archive is another of the same length', async () => {
    const other = Buffer.from(archive);
    other.write('X', archive.indexOf('by_payload'));
    await store('replaced', { archive: other });
    await refused({ 'backup-name': 'replaced' }, /does not describe its archive: its header and TOC/, /another backup/);
  });
});

describe('a byte that flipped in the rows', () => {
  test('a flipped byte in the rows is found before anything of its table is committed', async () => {
    const flipped = Buffer.from(archive);
    flipped.write('R', archive.indexOf('row 2400 '));
    await store('flipped', { archive: flipped });
    const target = await runs.emptyTarget();
    const result = await runs.run(target, { 'backup-name': 'flipped' });
    expectFailure(result, /flipped\.dump is damaged: .*\(TABLE DATA app\.t\) differ/, /another backup/);
    expect(result.outputs).toMatchObject({ 'backup-name': 'flipped', 'row-count': '3500' });
    expect(result.outputs['phases']).toMatch(/"data","status":"failed"/);
    expect(await runs.server.psql(target, 'SELECT count(*) FROM app.t')).toBe('0');

    await store('flipped', {});
    const again = await runs.succeed(target, { 'backup-name': 'flipped' });
    expect(again.outputs).toMatchObject({ resumed: 'true' });
    await runs.expectRestored(target);
  });

  test('an archive that was written anew is told of as soon as its backup is chosen', async () => {
    const flipped = Buffer.from(archive);
    flipped.write('R', archive.indexOf('row 2400 '));
    await store('rewritten', { archive: flipped });
    const result = await runs.run(await runs.emptyTarget(), { 'backup-name': 'rewritten' });
    expect(result.annotations).toContainEqual(
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('written again') }),
    );
  });
});

describe('an archive without a manifest', () => {
  test.each([
    ['gzip, as pg_dump makes it by itself', []],
    ['not compressed', ['-Z0']],
  ])('an archive without a manifest is restored by its s3-uri: %s', async (_what, args) => {
    await runs.bucket.put('elsewhere/plain', plainDump(args));
    const target = await runs.emptyTarget();
    const result = await runs.succeed(target, { 's3-uri': runs.uriOf('elsewhere/plain') });
    expect(result.outputs).toMatchObject({ 'backup-name': 'plain', 'table-count': '2', 'row-count': '3500' });
    await runs.expectRestored(target);
  });

  test('an archive without a manifest is no backup by name, but its way is said', async () => {
    await store('leftover', { manifest: null });
    await refused(
      { 'backup-name': 'leftover' },
      /leftover\.dump has no manifest: it is no complete backup/,
      /`s3-uri: s3:\/\/.*leftover\.dump`/,
    );
  });

  test('an archive without a manifest that is cut short is refused by name of the object', async () => {
    await runs.bucket.put('elsewhere/cut.dump', archive.subarray(0, archive.length - 1000));
    await refused({ 's3-uri': runs.uriOf('elsewhere/cut.dump') }, /cut\.dump.*cut off: it ends at byte \d+/, /copy/i);
  });

  test('an archive without a manifest that is cut short in its head is refused', async () => {
    await runs.bucket.put('elsewhere/head.dump', archive.subarray(0, 2000));
    await refused(
      { 's3-uri': runs.uriOf('elsewhere/head.dump') },
      /head\.dump.*cut off: it ends at byte 2000/,
      /copy/i,
    );
  });

  test('an archive without a manifest that is empty is refused', async () => {
    await runs.bucket.put('elsewhere/empty.dump', '');
    await refused({ 's3-uri': runs.uriOf('elsewhere/empty.dump') }, /empty\.dump.*cut off.*empty/, /copy/i);
  });

  test('an object that is no archive at all is refused', async () => {
    await runs.bucket.put('elsewhere/plain.sql', '--\n-- PostgreSQL database dump\n--\n\nSELECT 1;\n'.repeat(50));
    await refused({ 's3-uri': runs.uriOf('elsewhere/plain.sql') }, /plain\.sql.*not an archive of pg_dump/, /custom/);
  });

  test('an object that is not there is refused', async () => {
    await refused({ 's3-uri': runs.uriOf('elsewhere/nothing') }, /elsewhere\/nothing does not exist/, /./);
  });
});
