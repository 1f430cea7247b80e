import { describe, expect, test } from '@jest/globals';
import { chooseReaders, reasonForOneReader, reasonInSizes, type ReaderFacts } from '../../src/dump/reader-count.js';

function chosen(facts: Partial<ReaderFacts>): { readers: number; because: string | null } {
  const { readers, because } = chooseReaders({
    wanted: 4,
    cores: 2,
    freeConnections: 90,
    reasonForOne: null,
    ...facts,
  });
  return { readers, because: because === null ? null : String(because) };
}

describe('the number of readers', () => {
  test.each([1, 2, 64])('the number of readers is the one that was asked for: %i', (wanted) => {
    expect(chosen({ wanted })).toEqual({ readers: wanted, because: null });
  });

  test('the number of readers is never above what the server has left, and it says so', () => {
    expect(chosen({ wanted: 64, freeConnections: 20 })).toEqual({
      readers: 18,
      because: 'the server has 20 sessions left, and `dump-jobs: 64` needs 66',
    });
    expect(chosen({ wanted: 2, freeConnections: 0 }).readers).toBe(1);
  });

  test('the number of readers is one where only pg_dump can read', () => {
    expect(chosen({ reasonForOne: 'of lz4' })).toEqual({ readers: 1, because: 'of lz4' });
    expect(chosen({ wanted: 1, reasonForOne: 'of lz4' })).toEqual({ readers: 1, because: null });
  });

  test.each([
    [2, 90, 2],
    [64, 90, 8],
    [64, 10, 4],
    [64, 1, 1],
    [1, 90, 1],
  ])(
    'the number of readers that is left to itself, with %i cores and %i sessions, is %i',
    (cores, freeConnections, readers) => {
      expect(chosen({ wanted: 'auto', cores, freeConnections })).toEqual({
        readers,
        because: `${cores} cores here, and ${freeConnections} sessions left on the server`,
      });
    },
  );
});

describe('reasons for one reader', () => {
  const reason = (compress: string, ...dumpOptions: string[]): string | null => {
    const text = reasonForOneReader({ compress, dumpOptions });
    return text === null ? null : String(text);
  };

  test.each(['--inserts', '--column-inserts', '--rows-per-insert=100', '--on-conflict-do-nothing'])(
    'a reason for one reader is %s',
    (option) => {
      expect(reason('0', '--no-comments', option)).toBe(`only pg_dump writes rows as \`${option}\` asks for`);
    },
  );

  test('a reason for one reader is a compression that pg_dump has to make', () => {
    expect(reason('lz4:3')).toBe('with `dump-compress: lz4:3` pg_dump compresses what it reads itself');
    expect(reason('zstd:3,long')).toContain('pg_dump compresses what it reads itself');
    expect(['0', 'none', '5', 'gzip:9', 'zstd', 'zstd:1'].map((compress) => reason(compress))).toEqual(
      Array.from({ length: 6 }, () => null),
    );
  });

  test('no other option is a reason for one reader', () => {
    expect(reason('0', '--serializable-deferrable', '--role=app', '--exclude-table-data=app.inserts')).toBeNull();
  });
});

describe('reasons in sizes', () => {
  const KIB = 1024;
  const relations = (tables: number, sizeBytes: number): { isPlain: boolean; sizeBytes: number }[] => {
    const table = { isPlain: true, sizeBytes };
    return [...Array.from({ length: tables }, () => table), { isPlain: false, sizeBytes: 1024 ** 4 }];
  };

  test('a reason for pg_dump alone are many tables that are tiny', () => {
    expect(reasonInSizes(relations(1000, 15 * KIB))).toBe(
      'pg_dump alone is faster for 1,000 tables of 15 KiB on average',
    );
  });

  test('readers read tables that are few, or larger, or that have a large one among them', () => {
    expect(reasonInSizes(relations(999, 0))).toBeNull();
    expect(reasonInSizes(relations(1000, 16 * KIB))).toBeNull();
    expect(reasonInSizes([...relations(1000, 0), { isPlain: true, sizeBytes: 17 * 1024 * KIB }])).toBeNull();
  });
});
