import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { OpenArchive } from '../../src/engine/open-archive.js';
import { unitArchive } from '../../src/engine/unit-archive.js';
import type { UnitBlock } from '../../src/plan/unit.js';
import { postgresPrograms } from '../../testbed/postgres-programs.js';
import { entryOf, fixture, mapWhole, type Mapped } from '../archive/fixtures.js';
import { unit } from '../plan/units.js';

/** Mini archives of units whose blocks are cut into many segments, as stock pg_restore reads them. */

const never = new AbortController().signal;
let pgRestore = '';

beforeAll(async () => {
  pgRestore = join(await postgresPrograms(), 'pg_restore');
});

interface Made {
  archive: Buffer;
  /** What was asked of the store. */
  requests: { offset: number; length: number }[];
  bytesTold: number;
}

/** The mini archive of a unit, whose bytes come `size` at a time. */
async function make(whole: Buffer, { head, map }: Mapped, blocks: UnitBlock[], size = 1000): Promise<Made> {
  const requests: Made['requests'] = [];
  // eslint-disable-next-line @typescript-eslint/require-await -- stands for a store's reads
  async function* read({ offset, length }: { offset: number; length: number }): AsyncGenerator<Buffer> {
    requests.push({ offset, length });
    for (let at = offset; at < offset + length; at += size) {
      yield whole.subarray(at, Math.min(at + size, offset + length));
    }
  }
  const source = new OpenArchive({ uri: 's3://b/one.dump', head, map, read });
  const parts: Buffer[] = [];
  let bytesTold = 0;
  const work = { ...unit('data/0001'), dumpIds: blocks.map(({ dumpId }) => dumpId), blocks };
  for await (const part of unitArchive(source, work, never, (bytes) => (bytesTold += bytes))) parts.push(part);
  return { archive: Buffer.concat(parts), requests, bytesTold };
}

/** The rows that stock pg_restore makes of an archive on stdin, by table. */
async function rowsOf(archive: Buffer): Promise<Map<string, string[]>> {
  const child = spawn(pgRestore, ['--file=-']);
  child.stdin.on('error', () => undefined).end(archive);
  const [sql, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(stderr).toBe('');
  const copies = sql.matchAll(/^COPY (\S+) .*FROM stdin;\n((?:.*\n)*?)\\\.$/gm);
  return new Map([...copies].map(([, table = '', rows = '']) => [table, rows.split('\n').slice(0, -1)]));
}

describe.each(['pg15-none', 'pg15-none-seekable'])('the mini archive of a unit of %s', (name) => {
  const whole = fixture(name);
  let mapped: Mapped;
  beforeAll(async () => {
    mapped = await mapWhole(whole, { segmentBytes: 1500 });
  });

  function segmentsOf(dumpId: number): Mapped['map']['blocks'][number]['segments'] {
    return mapped.map.blocks.find((block) => block.dumpId === dumpId)?.segments ?? [];
  }

  test.each([1, 1000, 1_000_000])('a mini archive has the rows of its slice, read by %i bytes', async (size) => {
    const { dumpId } = entryOf(mapped.head, 'TABLE DATA', 't');
    const segments = segmentsOf(dumpId);
    expect(segments.length).toBeGreaterThan(3);
    const all = (await rowsOf(whole)).get('app.t') ?? [];
    const from = segments[0]?.rows ?? NaN;
    const to = from + (segments[1]?.rows ?? NaN) + (segments[2]?.rows ?? NaN);

    const blocks = [{ dumpId, fromSegment: 1, toSegment: 3 }];
    const { archive, requests, bytesTold } = await make(whole, mapped, blocks, size);
    expect(await rowsOf(archive)).toEqual(new Map([['app.t', all.slice(from, to)]]));
    const length = (segments[1]?.length ?? NaN) + (segments[2]?.length ?? NaN);
    expect(requests).toEqual([{ offset: segments[1]?.offset, length }]);
    expect(bytesTold).toBe(length);
  });

  test('has, by one request, whole tables and the part of a table that stand side by side', async () => {
    const tables = mapped.map.blocks.filter(({ kind }) => kind === 'table');
    const cut = tables.findIndex(({ segments }, index) => index > 0 && segments.length > 1);
    const neighbours = tables.slice(cut - 1, cut + 1);
    const blocks = neighbours.map(({ dumpId, segments }, index) => ({
      dumpId,
      fromSegment: 0,
      toSegment: index === 0 ? segments.length : 1,
    }));
    const { archive, requests } = await make(whole, mapped, blocks);
    expect(requests).toHaveLength(1);
    const counts = [...(await rowsOf(archive)).values()].map((rows) => rows.length);
    expect(counts).toEqual([neighbours[0]?.rows, neighbours[1]?.segments[0]?.rows]);
  });

  test('a mini archive is refused where a byte of its segments differs', async () => {
    const { dumpId } = entryOf(mapped.head, 'TABLE DATA', 't');
    const [, second] = segmentsOf(dumpId);
    const damaged = Buffer.from(whole);
    const at = (second?.offset ?? NaN) + 7;
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    await expect(make(damaged, mapped, [{ dumpId, fromSegment: 1, toSegment: 3 }])).rejects.toMatchObject({
      code: 'ARCHIVE_DAMAGED',
      object: 'TABLE DATA app.t',
    });
    await make(damaged, mapped, [{ dumpId, fromSegment: 2, toSegment: 3 }]);
  });
});
