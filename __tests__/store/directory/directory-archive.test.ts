import { appendFile, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CHUNK_BYTES } from '../../../src/archive/directory-frames.js';
import {
  blockOf,
  bytesOf,
  contentsOf,
  entryOf,
  failureOf,
  fixture,
  mapWhole,
  pseudoRandom,
} from '../../archive/fixtures.js';
import { fixtureDirectory, open, readAll, type FixtureDirectory, type Method } from './fixture-directory.js';

const made: FixtureDirectory[] = [];

async function directory(name: string, method: Method, grow?: (contents: Buffer) => Buffer): Promise<FixtureDirectory> {
  const one = await fixtureDirectory(name, method, grow);
  made.push(one);
  return one;
}

afterEach(async () => {
  for (const one of made.splice(0)) await one.remove();
});

/** Tables of several chunks, the last of them full but for a few bytes: rows of 100 bytes, and the terminator. */
function grown(contents: Buffer): Buffer {
  const missing = contents.length % 5;
  const rows = Buffer.alloc(2 * CHUNK_BYTES - 5 - missing, `${'x'.repeat(99)}\n`);
  rows[rows.length - 1] = 10;
  return Buffer.concat([rows, Buffer.from('\\.\n\n\n')]);
}

describe.each(['pg15-none', 'pg16-none', 'pg17-none', 'pg18-none'])('the directory archive of %s', (name) => {
  test('a directory archive has the head that the archive in custom format has', async () => {
    const one = await directory(name, 'none');
    const { head } = await open(one);
    expect(head.bytes.equals(one.head.bytes)).toBe(true);
  });

  test.each(['none', 'gzip', 'zstd'] as const)(
    'a directory archive reads as one with the same rows (%s)',
    async (method) => {
      const one = await directory(name, method);
      const before = await mapWhole(fixture(name));
      const archive = await open(one);
      const bytes = await readAll(archive);
      expect(archive.sizeBytes).toBe(bytes.length);
      const { map, head } = await mapWhole(bytes);
      expect(map.blocks.map(({ dumpId, kind, rows }) => ({ dumpId, kind, rows }))).toEqual(
        before.map.blocks.map(({ dumpId, kind, rows }) => ({ dumpId, kind, rows })),
      );
      const big = entryOf(head, 'TABLE DATA', 't');
      const file = await readFile(
        join((await directory(name, 'none')).path, one.fileOf('TABLE DATA', 't').replace(/\.(gz|zst)$/, '')),
      );
      expect(contentsOf(bytesOf(bytes, blockOf(map, big))).equals(file)).toBe(true);
    },
  );
});

describe('the bytes of a directory archive', () => {
  test('the bytes of a directory archive are the same in every method that is decompressed', async () => {
    const all = await Promise.all(
      (['none', 'gzip', 'zstd'] as const).map(async (method) =>
        readAll(await open(await directory('pg17-none', method))),
      ),
    );
    expect(all[1]?.equals(all[0] ?? Buffer.alloc(0))).toBe(true);
    expect(all[2]?.equals(all[0] ?? Buffer.alloc(0))).toBe(true);
  });

  test.each(['none', 'gzip', 'zstd', 'lz4'] as const)(
    'a directory archive has the same bytes for any range, lengths known or not (%s)',
    async (method) => {
      const one = await directory('pg17-none', method, grown);
      const whole = await readAll(await open(one));
      const { map } = await mapWhole(whole);
      const known = new Map(map.blocks.map(({ dumpId, length }) => [dumpId, length]));
      const random = pseudoRandom(4711);
      const edges = map.blocks.flatMap(({ offset, length }) =>
        [0, 1, 6, length - 6, length - 5, length - 1].map((at) => offset + at),
      );
      for (const archive of [await open(one), await open(one, known)]) {
        for (let times = 0; times < edges.length + 20; times++) {
          const offset = times < edges.length ? (edges[times] ?? 0) : Math.floor(random() * whole.length);
          const most = times % 3 === 0 ? 40 : whole.length;
          const length = Math.floor(random() * Math.min(most, whole.length - offset));
          const found = await readAll(archive, offset, length);
          expect([offset, length, found.equals(whole.subarray(offset, offset + length))]).toEqual([
            offset,
            length,
            true,
          ]);
        }
      }
    },
  );

  test('a directory archive is cut into segments only where files can be read from any place', async () => {
    const segments = async (method: Method): Promise<number[]> => {
      const archive = await open(await directory('pg17-none', method));
      const bytes = await readAll(archive);
      const { map } = await mapWhole(bytes, { segmentBytes: 1000, wholeBlocks: archive.wholeBlocks });
      return map.blocks.map((block) => block.segments.length);
    };
    expect(Math.max(...(await segments('none')))).toBeGreaterThan(10);
    expect(new Set(await segments('gzip'))).toEqual(new Set([1]));
  });

  test('the bytes of a directory archive end where they should', async () => {
    const archive = await open(await directory('pg17-none', 'gzip'));
    const { length } = await readAll(archive);
    expect((await readAll(archive, length - 3, 3)).length).toBe(3);
    const failure = await failureOf(() => readAll(archive, length - 3, 4));
    expect(failure.code).toBe('ARCHIVE_TRUNCATED');
  });

  test('the size of a directory archive is known before reading, unless it is compressed', async () => {
    expect((await open(await directory('pg17-none', 'none'))).sizeBytes).toBeGreaterThan(100_000);
    const packed = await directory('pg17-none', 'gzip');
    const archive = await open(packed);
    expect(archive.sizeBytes).toBeNull();
    expect(archive.wholeBlocks.size).toBe(8);
    const { map } = await mapWhole(await readAll(archive));
    const known = new Map(map.blocks.map(({ dumpId, length }) => [dumpId, length]));
    expect((await open(packed, known)).sizeBytes).toBe(map.sizeBytes);
  });
});

describe('a directory archive that is not as it was', () => {
  test.each(['none', 'lz4'] as const)(
    'a directory archive is refused when opened, where a manifest tells lengths (%s)',
    async (method) => {
      const one = await directory('pg17-none', method);
      const { map } = await mapWhole(await readAll(await open(one)));
      const known = new Map(map.blocks.map(({ dumpId, length }) => [dumpId, length]));
      const file = join(one.path, one.fileOf('TABLE DATA', 't'));
      const size = (await readFile(file)).length;
      await truncate(file, 10);
      const failure = await failureOf(() => open(one, known));
      expect(failure).toMatchObject({ code: 'ARCHIVE_DAMAGED' });
      expect(failure.message).toContain(`${file}, with TABLE DATA app.t`);
      expect(failure.message).toContain(`has 10 bytes instead of ${size}`);
    },
  );

  test('a directory archive is refused when a file changes between opening and reading', async () => {
    const one = await directory('pg17-none', 'none');
    const archive = await open(one);
    await truncate(join(one.path, one.fileOf('TABLE DATA', 't')), 10);
    expect(await failureOf(() => readAll(archive))).toMatchObject({ code: 'ARCHIVE_DAMAGED' });
  });

  test.each(['gzip', 'zstd'] as const)('a directory archive with trailing bytes is refused (%s)', async (method) => {
    const one = await directory('pg17-none', method);
    const path = join(one.path, one.fileOf('TABLE DATA', 't'));
    await appendFile(path, 'more');
    const error = await failureOf(async () => readAll(await open(one)));
    expect(error).toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    expect(error.message).toContain(path);
  });

  test('a directory archive is refused when a large object is missing, or is a link', async () => {
    const one = await directory('pg17-none', 'none');
    const archive = await open(one);
    const list = await readFile(join(one.path, one.fileOf('BLOBS')), 'utf8');
    const object = join(one.path, /\S+$/m.exec(list)?.[0] ?? '');
    await rm(object);
    expect((await failureOf(() => readAll(archive))).message).toMatch(/with large object \d+, is missing/);
    await symlink('/etc/hostname', object);
    expect((await failureOf(() => readAll(archive))).message).toMatch(/with large object \d+, is a link or no file/);
  });

  test.each([
    ['16448 ../blob_1.dat\n', 'a line that pg_dump does not write'],
    ['16448 /etc/passwd\n', 'a line that pg_dump does not write'],
    ['0 blob_0.dat\n', 'a line that pg_dump does not write'],
    ['4294967296 blob_1.dat\n', 'a line that pg_dump does not write'],
    ['x'.repeat(1000), 'a line that pg_dump does not write'],
    ['16448 blob_16448.dat', 'a line that has no end'],
  ])('a directory archive is refused when its list of large objects says %j', async (list, why) => {
    const one = await directory('pg17-none', 'none');
    await writeFile(join(one.path, one.fileOf('BLOBS')), list);
    const failure = await failureOf(() => open(one));
    expect(failure.code).toBe('ARCHIVE_FORMAT');
    expect(failure.message).toContain(why);
    expect(failure.message).toContain(one.fileOf('BLOBS'));
  });

  test('a directory archive is refused when only some of its files are lz4', async () => {
    const one = await directory('pg17-none', 'lz4');
    await rm(join(one.path, one.fileOf('TABLE DATA', 't')));
    await writeFile(join(one.path, one.fileOf('TABLE DATA', 't').replace('.lz4', '')), '\\.\n\n\n');
    const failure = await failureOf(() => open(one));
    expect(failure.message).toMatch(/some files of .* are compressed with lz4 and others are not/);
  });

  test('a directory archive says where the trouble is when `toc.dat` is cut or custom', async () => {
    const one = await directory('pg17-none', 'none');
    const cut = await failureOf(() => open({ ...one, toc: one.toc.subarray(0, 5000) }));
    expect(cut).toMatchObject({ code: 'ARCHIVE_TRUNCATED' });
    expect(cut.message).toContain(`${one.path}/toc.dat: `);
    const custom = await failureOf(() => open({ ...one, toc: one.head.bytes }));
    expect(custom).toMatchObject({ code: 'ARCHIVE_FORMAT' });
  });
});
