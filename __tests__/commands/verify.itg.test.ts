import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatExact } from '../../src/foundation/format.js';
import { clientBin } from '../../testbed/postgres-programs.js';
import { ALL, fixture, mapWhole } from '../archive/fixtures.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import { waitForLine } from '../helpers/run-action.js';
import { MeddlingProxy } from '../../testbed/meddling-proxy.js';
import { BackupRuns, checked, expectFailure } from './backup-runs.js';
import { StoreRuns } from './store-runs.js';

let runs: StoreRuns;
let newTools: string;

beforeAll(async () => {
  runs = await StoreRuns.create();
  newTools = await clientBin(18);
});

afterAll(() => {
  runs.close();
});

/** The bytes with one bit of one of them turned. */
function damaged(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

/** The archive with the end of its first table's COPY data taken out, its frame in order. */
function withCutCopyData(bytes: Buffer): Buffer {
  const terminator = Buffer.from([0, 5, 0, 0, 0, 0x5c, 0x2e, 0x0a, 0x0a, 0x0a]);
  const at = bytes.indexOf(terminator);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + terminator.length)]);
}

const PLAIN = fixture('pg15-none');

describe('mode verify', () => {
  test('a verify run says so when the date of the latest backup cannot be right', async () => {
    await runs.putArchive('ahead', 'one', PLAIN, ({ summary }) => {
      summary.takenAt = summary.finishedAt = '2999-01-01T00:00:00Z';
    });
    const { annotations } = await runs.succeed('verify', 'ahead', { 'backup-name': 'latest' });
    expect(annotations.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      expect.stringMatching(/^warning: the newest backup, one, has a date in the future \(2999-01-01 00:00:00 UTC\)/),
    ]);
  });

  test('a verify run reads a whole backup that is well, without any database', async () => {
    const { summary } = await runs.putArchive('whole', 'one', PLAIN);
    const result = await runs.succeed('verify', 'whole', { 'backup-name': 'latest' });
    expect(result.outputs).toMatchObject({
      'backup-name': 'one',
      'backup-uri': runs.uriOf(runs.archiveKey('whole', 'one')),
      'manifest-uri': runs.uriOf(runs.manifestKey('whole', 'one')),
      'size-bytes': String(PLAIN.length),
      'row-count': String(summary.rows),
      'table-count': String(summary.tables),
    });
    for (const check of [
      'bytes',
      'digests',
      'identity of the archive',
      'structure',
      'data blocks',
      'rows',
      'complete COPY data',
    ]) {
      expect(result.stdout).toMatch(new RegExp(`^ok {4}${check}: `, 'm'));
    }
    expect(result.stdout).toMatch(/^ok {4}pg_restore reads it: 1 of 1$/m);
    expect(result.summary).toMatch(
      /^## ✅ Verification of a backup of <code>whole<\/code>\n\n\*\*Verified <code>one<\/code>/,
    );
    expect(result.summary).toMatch(/\| checks \| ✅ done[^]*\| read \| ✅ done/);
    expect(result.annotations).toEqual([]);
  });

  test.each(ALL)('a verify run takes the archive %s', async (name) => {
    await runs.putArchive('kinds', name, fixture(name));
    const result = await runs.succeed('verify', 'kinds', { 'backup-name': name }, newTools);
    expect(result.stdout).not.toMatch(/^WRONG/m);
  });

  test('a verify run reads each byte of the data once', async () => {
    await runs.putArchive('once', 'one', PLAIN);
    const { map } = await mapWhole(PLAIN);
    const proxy = await MeddlingProxy.start(runs.bucket.settings.endpoint ?? '');
    await runs.succeed('verify', 'once', { 'backup-name': 'one', 's3-endpoint': proxy.endpoint });
    await proxy.stop();
    const reads = proxy.lines.filter((line) => /^GET .*one\.dump/.test(line));
    // The head, to know the archive's version, and the whole of it.
    expect(reads).toHaveLength(2);
    expect(map.sizeBytes).toBeLessThan(8 * 1024 * 1024);
  });

  test('a verify run ends at once when it is cancelled', async () => {
    await runs.putArchive('cancelled', 'one', PLAIN);
    const proxy = await MeddlingProxy.start(runs.bucket.settings.endpoint ?? '');
    const held = new Promise<undefined>(() => undefined);
    let reads = 0;
    proxy.meddler = (line) => (/^GET .*one\.dump/.test(line) && ++reads === 2 ? held : undefined);
    const inputs = { 'backup-name': 'one', 's3-endpoint': proxy.endpoint };
    const handle = await runs.start('verify', 'cancelled', inputs);
    await waitForLine(handle, /Verification of s3:/);
    handle.kill();
    const result = await checked(handle, runs.inputs('verify', 'cancelled', inputs));
    await proxy.stop();
    expect(result.exitCode).toBe(1);
    expect(result.summary).toMatch(/^## 🚫 Verification[^]*Cancelled in read/);
  });

  test('a verify run takes a backup that Phaselift has made', async () => {
    const backups = await BackupRuns.create();
    const sql = "CREATE TABLE t AS SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i";
    const database = await createDatabase(backups.postgres, { sql });
    await backups.succeed(database, { 'dump-compress': '6' });
    const place = { 's3-bucket': backups.bucket.settings.bucket, 's3-prefix': '' };
    const result = await runs.succeed('verify', database, { 'backup-name': 'one', ...place });
    expect(result.stdout).toMatch(/^ok {4}rows: 5,000 of 5,000$/m);
    await dropDatabase(backups.postgres, database);
    backups.close();
  });
});

describe('a backup that is not well', () => {
  /** Stores the archive's manifest, then other bytes in its place. */
  async function replaced(name: string, whole: Buffer, bytes: Buffer): Promise<void> {
    await runs.putArchive('ill', name, whole);
    await runs.bucket.put(runs.archiveKey('ill', name), bytes);
  }

  const verify = (name: string, tools?: string) => runs.run('verify', 'ill', { 'backup-name': name }, tools);

  test('a flipped bit in the rows is told with its table, and how far pg_restore was content', async () => {
    const { map, head } = await mapWhole(PLAIN);
    const block = map.blocks.find(({ rows }) => rows === 300);
    expect(head.entries.find(({ dumpId }) => dumpId === block?.dumpId)?.tag).toBe('t');
    await replaced('bit', PLAIN, damaged(PLAIN, (block?.offset ?? 0) + 40));
    const result = await verify('bit');
    expectFailure(
      result,
      /bit\.dump is damaged: TABLE DATA app\.t \(bytes \d+ to \d+\) differs from the manifest's digest$/,
      /Restore another backup/,
    );
    expect(result.stdout).toMatch(/^WRONG digests: \d+ of \d+ \(TABLE DATA app\.t/m);
    expect(result.stdout).toMatch(/^ok {4}pg_restore reads it/m);
    expect(result.summary).toMatch(/\| digests \|.*❌ differs/);
    expect(result.outputs['size-bytes']).toBe(String(PLAIN.length));
  });

  test('a flipped bit in the length of a chunk is told with its table', async () => {
    const { map } = await mapWhole(PLAIN);
    const block = map.blocks.find(({ rows }) => rows === 300);
    // Behind the type byte and the dump id stands the first chunk's length; its highest byte makes it gigantic.
    await replaced('length', PLAIN, damaged(PLAIN, (block?.offset ?? 0) + 1 + 5 + 4));
    const result = await verify('length');
    expectFailure(result, /length\.dump is damaged: TABLE DATA app\.t \(bytes \d+ to \d+\) differs from/);
    expect(result.stdout).toMatch(/^WRONG structure: 0 of 1/m);
    expect(result.stdout).toMatch(/^WRONG pg_restore reads it: 0 of 1 \(.*pg_restore failed/m);
  });

  test.each(['pg16-gzip', 'pg18-zstd', 'pg18-lz4'])('a flipped bit in the data of %s is found', async (name) => {
    const bytes = fixture(name);
    const { map } = await mapWhole(bytes);
    const block = map.blocks.find(({ length }) => length > 500);
    await replaced(name, bytes, damaged(bytes, (block?.offset ?? 0) + 200));
    expectFailure(await verify(name, newTools), /is damaged: TABLE DATA app\.\w+ \(bytes \d+ to \d+\) differs from/);
  });

  test('a flipped bit in the table of contents is found', async () => {
    await replaced('toc', PLAIN, damaged(PLAIN, 3000));
    expectFailure(await verify('toc'), /does not describe its archive: its header and TOC differ from their digest/);
  });

  test('an object that is cut is found by a verify run', async () => {
    await replaced('cut', PLAIN, PLAIN.subarray(0, -100));
    const { length } = PLAIN;
    expectFailure(
      await verify('cut'),
      new RegExp(
        `cut\\.manifest\\.json does not describe its archive: ${formatExact(length - 100)} bytes instead of ${formatExact(length)}`,
      ),
    );
  });

  test("another archive's manifest is found by a verify run", async () => {
    await replaced('other', fixture('pg15-gzip'), PLAIN);
    expectFailure(await verify('other'), /other\.manifest\.json does not describe its archive/);
  });

  test('a manifest with other rows is found by a verify run', async () => {
    await runs.putArchive('ill', 'rows', PLAIN, ({ map }) => {
      const block = map.blocks.find(({ rows }) => rows === 300);
      const segment = block?.segments[0];
      if (block === undefined || segment === undefined) throw new Error('no such block');
      block.rows = segment.rows = 299;
    });
    expectFailure(await verify('rows'), /does not describe its archive: TABLE DATA app\.t has 300 rows, not 299$/);
  });

  test('a manifest whose summary differs from its map is found by a verify run', async () => {
    await runs.putArchive('ill', 'summary', PLAIN, ({ summary }) => {
      summary.rows = 1;
      summary.tables += 1;
    });
    expectFailure(await verify('summary'), /does not describe its archive: its summary has \d+ tables, its map \d+$/);
  });

  test('a manifest that names another identity is found by a verify run', async () => {
    await runs.putArchive('ill', 'whole', PLAIN, ({ archive }) => {
      archive.sha256 = 'ab'.repeat(32);
    });
    expectFailure(
      await verify('whole'),
      /does not describe its archive: the identity that it names is not that of its digests/,
    );
  });

  test('COPY data that is cut as its manifest has it is found by a verify run', async () => {
    await runs.putArchive('ill', 'copy', withCutCopyData(PLAIN));
    expectFailure(await verify('copy'), /copy\.dump is damaged: the COPY data of TABLE DATA app\..+ is cut off$/);
  });

  test('a verify run refuses an unreadable manifest, and a backup that is not there', async () => {
    await runs.bucket.put(runs.archiveKey('ill', 'text'), PLAIN);
    await runs.bucket.put(runs.manifestKey('ill', 'text'), 'hello');
    expectFailure(await verify('text'), /text\.manifest\.json is not JSON/);
    expectFailure(await verify('nothing'), /there is no backup nothing of ill/, /backup-name/);
  });

  test('a verify run refuses tools that are too old for the backup', async () => {
    await runs.putArchive('ill', 'new', fixture('pg18-none'));
    const result = await runs.run('verify', 'ill', { 'backup-name': 'new' }, await clientBin(15));
    if (result.exitCode !== 0) expectFailure(result, /no usable PostgreSQL tools: .*older than PostgreSQL 17/);
    else expect(result.stdout).toMatch(/older than PostgreSQL 17/);
  });
});

describe('one exact object without a manifest', () => {
  async function verify(name: string, bytes: Buffer) {
    const key = `elsewhere/${name}.dump`;
    await runs.bucket.put(key, bytes);
    return runs.run('verify', 'app', { 's3-uri': runs.uriOf(key) });
  }

  test('one exact object without a manifest is verified in one pass', async () => {
    const result = await verify('whole', PLAIN);
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toMatch(/has no manifest: its structure is looked at/);
    expect(result.stdout).toMatch(/^ok {4}pg_restore reads it: 1 of 1$/m);
    expect(result.outputs).toMatchObject({ 'size-bytes': String(PLAIN.length), 'table-count': '7' });
    expect(result.summary).not.toContain('| digests');
  });

  test('one exact object without a manifest is refused when it is cut', async () => {
    const result = await verify('cut', PLAIN.subarray(0, -100));
    expectFailure(result, /^s3:\S+cut\.dump: the archive is cut off: it ends at byte \d+/);
  });

  test('one exact object is refused when it is no archive, or empty', async () => {
    expectFailure(
      await verify('text', Buffer.from('-- a plain dump\n')),
      /^s3:\S+text\.dump: this is not an archive of pg_dump/,
    );
    expectFailure(await verify('empty', Buffer.alloc(0)), /^s3:\S+empty\.dump: /);
  });

  test('one exact object without a manifest is refused when its COPY data is cut', async () => {
    expectFailure(
      await verify('copy', withCutCopyData(PLAIN)),
      /is damaged: the COPY data of TABLE DATA app\..+ is cut off$/,
    );
  });

  test('one exact object is missed when it is not there', async () => {
    expectFailure(
      await runs.run('verify', 'app', { 's3-uri': runs.uriOf('elsewhere/nothing.dump') }),
      /does not exist/,
    );
  });
});
