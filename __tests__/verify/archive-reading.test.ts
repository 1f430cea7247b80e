import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { RunningTool, ToolExit } from '../../src/postgres/toolbox.js';
import { readArchive } from '../../src/verify/archive-reading.js';
import { fixture, mapWhole } from '../archive/fixtures.js';

const BYTES = fixture('pg15-none');
const CHUNK_BYTES = 1000;

/** A pg_restore that takes what it is given as `take` says. */
function fakeTool(
  take: (chunk: Buffer, taken: () => void, stdin: Writable) => void,
): RunningTool & { got: () => Buffer } {
  const chunks: Buffer[] = [];
  const stdin: Writable = new Writable({
    highWaterMark: CHUNK_BYTES,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      take(
        chunk,
        () => {
          done();
        },
        stdin,
      );
    },
  });
  const exited = new Promise<ToolExit>((resolve) => {
    stdin.on('close', () => {
      resolve({ code: 0, signal: null, stderr: '' });
    });
  });
  return {
    tool: 'pg_restore',
    stdin,
    stdout: new PassThrough(),
    exited,
    stop: () => Promise.resolve(),
    got: () => Buffer.concat(chunks),
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- a stream, as the store's is
async function* inChunks(bytes: Buffer, onChunk: () => void = () => undefined): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    onChunk();
    yield bytes.subarray(at, at + CHUNK_BYTES);
  }
}

describe('the reading of an archive', () => {
  test('a reading of an archive gives pg_restore every byte, and maps the same archive', async () => {
    const { map } = await mapWhole(BYTES);
    const tool = fakeTool((_chunk, taken) => {
      taken();
    });
    const reading = await readArchive({ bytes: inChunks(BYTES), expected: map, tool, onProgress: () => undefined });
    expect(tool.got().equals(BYTES)).toBe(true);
    expect(reading).toMatchObject({
      bytesRead: BYTES.length,
      map: (await mapWhole(BYTES, { isDigested: false })).map,
      structureFault: null,
      different: [],
      exit: { code: 0 },
    });
  });

  test('a reading of an archive goes no faster than pg_restore', async () => {
    let given = 0;
    let taken = 0;
    let ahead = 0;
    const tool = fakeTool((_chunk, done) => {
      setImmediate(() => {
        taken++;
        done();
      });
    });
    const bytes = inChunks(BYTES, () => {
      given++;
      ahead = Math.max(ahead, given - taken);
    });
    await readArchive({ bytes, expected: null, tool, onProgress: () => undefined });
    expect(given).toBe(Math.ceil(BYTES.length / CHUNK_BYTES));
    expect(ahead).toBeLessThanOrEqual(3);
  });

  test('a reading of an archive goes on to its end when pg_restore has ended', async () => {
    const { map } = await mapWhole(BYTES);
    let calls = 0;
    const tool = fakeTool((_chunk, taken, stdin) => {
      // Ended while it has more than enough: nothing is ever taken from there on.
      if (++calls === 3) stdin.destroy();
      else taken();
    });
    const reading = await readArchive({ bytes: inChunks(BYTES), expected: map, tool, onProgress: () => undefined });
    expect(reading.bytesRead).toBe(BYTES.length);
    expect(reading.map).toEqual((await mapWhole(BYTES, { isDigested: false })).map);
  });

  test('a reading with a manifest compares all digests although the structure is lost', async () => {
    const { map } = await mapWhole(BYTES);
    const damaged = Buffer.from(BYTES);
    // A block type that there is none of.
    damaged.writeUInt8(9, map.head.length);
    damaged.writeUInt8(9, BYTES.length - 1);
    const tool = fakeTool((_chunk, taken) => {
      taken();
    });
    const reading = await readArchive({ bytes: inChunks(damaged), expected: map, tool, onProgress: () => undefined });
    expect(reading.map).toBeNull();
    expect(reading.structureFault).toMatchObject({ code: 'ARCHIVE_FORMAT' });
    expect(reading.different.map(({ dumpId }) => dumpId)).toEqual([map.blocks[0]?.dumpId, map.blocks.at(-1)?.dumpId]);
  });

  test('a reading without a manifest ends where the structure does', async () => {
    const tool = fakeTool((_chunk, taken) => {
      taken();
    });
    const bytes = inChunks(Buffer.concat([Buffer.from('no archive'), BYTES]));
    await expect(readArchive({ bytes, expected: null, tool, onProgress: () => undefined })).rejects.toMatchObject({
      code: 'ARCHIVE_FORMAT',
    });
  });
});
