import { describe, expect, test } from '@jest/globals';
import { deflateSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { adler32, combineAdler32, EMPTY_ADLER32 } from '../../src/archive/adler32.js';
import { type RunCodec, runCodec } from '../../src/archive/compress-run.js';
import { TERMINATOR } from '../../src/archive/copy-tail.js';
import { joinedText, NO_TEXT, runFraming, type RunFraming, TERMINATOR_TEXT } from '../../src/archive/run-framing.js';

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

/** What zlib makes of it. */
function zlibsAdler32(text: Buffer): number {
  const stream = deflateSync(text, { level: 0 });
  return stream.readUInt32BE(stream.length - 4);
}

function framingOf(algorithm: 'gzip' | 'zstd'): RunFraming {
  const framing = runFraming(algorithm);
  if (framing === null) throw new Error(`${algorithm} has no framing`);
  return framing;
}

/** A whole zlib stream of these runs, all of which are compressed at once, as readers do it, and the terminator. */
async function zlibStream(codec: RunCodec, runs: readonly Buffer[]): Promise<Buffer> {
  const compressed = await Promise.all(runs.map((run) => codec(run)));
  const text = [...compressed.map((run) => run.text), TERMINATOR_TEXT].reduce(joinedText, NO_TEXT);
  const framing = framingOf('gzip');
  const parts = [framing.prefix, ...compressed.map((run) => run.bytes), framing.terminator, framing.suffix(text)];
  return Buffer.concat(parts.filter((part) => part !== null));
}

function codecOf(compress: string): RunCodec {
  const codec = runCodec(compress);
  if (codec === null) throw new Error(`no codec for ${compress}`);
  return codec;
}

describe.each(Object.entries(TEXTS))('a compressed block of %s', (_name, runs) => {
  const text = Buffer.concat(runs);

  test.each(['gzip', 'gzip:1', '9'])('is one zlib stream with its checksum, with %s', async (compress) => {
    const stream = await zlibStream(codecOf(compress), runs);
    expect(inflateSync(stream).equals(Buffer.concat([text, TERMINATOR]))).toBe(true);
  });

  test('has runs that are inflated without those before them', async () => {
    for (const run of runs) {
      const compressed = await codecOf('gzip')(run);
      const ended = Buffer.concat([compressed.bytes, Buffer.from([3, 0])]);
      expect(inflateRawSync(ended).equals(run)).toBe(true);
      expect(compressed.text).toEqual({ bytes: run.length, adler32: zlibsAdler32(run) });
    }
  });

  test.each(['zstd', 'zstd:1', 'zstd:level=9'])('has one frame for each run, with %s', async (compress) => {
    for (const run of runs) {
      const { bytes } = await codecOf(compress)(run);
      expect(zstdDecompressSync(bytes).equals(run)).toBe(true);
    }
  });
});

test('the terminator of zstd is a frame', () => {
  expect(zstdDecompressSync(framingOf('zstd').terminator)).toEqual(TERMINATOR);
});

test.each([0, 1, 1000, 65_536, 65_537, 200_000])('the Adler-32 of %i bytes is that of zlib', (length) => {
  for (const text of [lines(length, 3), Buffer.alloc(length, 255)]) expect(adler32(text)).toBe(zlibsAdler32(text));
});

test.each(['0', 'none', 'gzip:0', 'gzip:10', 'lz4', 'lz4:3', 'zstd:long', 'zstd:level=3,workers=2', '', 'gzip:', '10'])(
  'runs are not compressed by us with dump-compress %p',
  (compress) => {
    expect(runCodec(compress)).toBeNull();
  },
);

test('a level of gzip counts: 9 makes fewer bytes than 1', async () => {
  const text = lines(500_000, 9);
  const [fast, small] = [await codecOf('1')(text), await codecOf('9')(text)];
  expect(small.bytes.length).toBeLessThan(fast.bytes.length);
});

test('combineAdler32 with an empty text on either side is the Adler-32 of the other', () => {
  const sum = adler32(lines(1000, 10));
  expect(combineAdler32(sum, EMPTY_ADLER32, 0)).toBe(sum);
  expect(combineAdler32(EMPTY_ADLER32, sum, 1000)).toBe(sum);
});
