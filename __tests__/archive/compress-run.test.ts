import { describe, expect, test } from '@jest/globals';
import { deflateSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { combineAdler32, EMPTY_ADLER32 } from '../../src/archive/adler32.js';
import { type RunCodec, runCodec } from '../../src/archive/compress-run.js';

/** Lines that compress somewhat; `seed` makes them differ. */
function lines(bytes: number, seed: number): Buffer {
  let state = seed;
  let text = '';
  while (text.length < bytes) {
    state = (state * 1103515245 + 12345) % 2147483648;
    text += `${text.length}\tname ${state % 1000}\t${state}\n`;
  }
  return Buffer.from(text.slice(0, bytes), 'latin1');
}

const TEXTS = {
  'one run of one byte': [Buffer.from('x')],
  'runs of one, two and 300 KB': [lines(1, 1), lines(2, 2), lines(300_000, 3)],
  'runs that end in the middle of a row': [lines(70_001, 4), lines(65_536, 5), lines(12_345, 6)],
  'many bytes of 255, the largest sums of Adler-32': [Buffer.alloc(600_000, 255), Buffer.alloc(65_521, 255)],
  'a run of 5 MB': [lines(5_000_000, 7), lines(10, 8)],
};

function adler32(text: Buffer): number {
  const stream = deflateSync(text, { level: 0 });
  return stream.readUInt32BE(stream.length - 4);
}

async function block(codec: RunCodec, runs: readonly Buffer[]): Promise<Buffer> {
  // All at once, as readers do it.
  const compressed = await Promise.all(runs.map((run) => codec.compress(run)));
  let sum = EMPTY_ADLER32;
  compressed.forEach((run, index) => (sum = combineAdler32(sum, run.adler32, runs[index]?.length ?? 0)));
  return Buffer.concat([
    codec.prefix,
    ...compressed.map((run) => run.bytes),
    codec.suffix({ bytes: Buffer.concat(runs).length, adler32: sum }),
  ]);
}

function codecOf(compress: string): RunCodec {
  const codec = runCodec(compress);
  if (codec === null) throw new Error(`no codec for ${compress}`);
  return codec;
}

describe.each(Object.entries(TEXTS))('a compressed block of %s', (_name, runs) => {
  const text = Buffer.concat(runs);

  test.each(['gzip', 'gzip:1', '9'])('is one zlib stream with its checksum, with %s', async (compress) => {
    const stream = await block(codecOf(compress), runs);
    expect(inflateSync(stream).equals(text)).toBe(true);
  });

  test('has runs that are inflated without those before them', async () => {
    for (const run of runs) {
      const { bytes, adler32: sum } = await codecOf('gzip').compress(run);
      const ended = Buffer.concat([bytes, Buffer.from([3, 0])]);
      expect(inflateRawSync(ended).equals(run)).toBe(true);
      expect(sum).toBe(adler32(run));
    }
  });

  test.each(['zstd', 'zstd:1', 'zstd:level=9'])('has one frame for each run, with %s', async (compress) => {
    const codec = codecOf(compress);
    for (const run of runs) {
      const { bytes } = await codec.compress(run);
      expect(zstdDecompressSync(bytes).equals(run)).toBe(true);
    }
    expect(codec.prefix.length + codec.suffix({ bytes: 0, adler32: EMPTY_ADLER32 }).length).toBe(0);
  });
});

test.each(['0', 'none', 'gzip:0', 'gzip:10', 'lz4', 'lz4:3', 'zstd:long', 'zstd:level=3,workers=2', '', 'gzip:', '10'])(
  'runs are not compressed by us with dump-compress %p',
  (compress) => {
    expect(runCodec(compress)).toBeNull();
  },
);

test('a level of gzip counts: 9 makes fewer bytes than 1', async () => {
  const text = lines(500_000, 9);
  const [fast, small] = [await codecOf('1').compress(text), await codecOf('9').compress(text)];
  expect(small.bytes.length).toBeLessThan(fast.bytes.length);
});

test('combineAdler32 with an empty text on either side is the Adler-32 of the other', () => {
  const sum = adler32(lines(1000, 10));
  expect(combineAdler32(sum, EMPTY_ADLER32, 0)).toBe(sum);
  expect(combineAdler32(EMPTY_ADLER32, sum, 1000)).toBe(sum);
});
