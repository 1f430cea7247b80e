import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { frameSlice } from '../../src/archive/frame-slice.js';
import { miniArchiveHead } from '../../src/archive/mini-archive.js';
import { sliceOf } from '../../src/archive/slice.js';
import type { TocEntry } from '../../src/archive/types.js';
import { postgresPrograms } from '../../testbed/postgres-programs.js';
import { composed } from './composed-archive.js';
import { blockOf, bytesOf, entryOf, fixture, mapWhole, type Mapped } from './fixtures.js';

let pgRestore = '';
beforeAll(async () => {
  pgRestore = join(await postgresPrograms(), 'pg_restore');
});

/** The SQL that stock pg_restore makes of an archive on stdin. */
async function sqlOf(archive: Buffer, args: string[] = []): Promise<{ code: number; sql: string; stderr: string }> {
  const child = spawn(pgRestore, ['--file=-', ...args]);
  child.stdin.on('error', () => undefined).end(archive);
  const [sql, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) =>
      child.on('close', (status) => {
        resolve(status ?? -1);
      }),
    ),
  ]);
  return { code, sql, stderr };
}

/** Only the statements: neither comments nor what is the same for every archive. */
function statements(sql: string): string {
  return sql
    .split('\n')
    .filter((line) => !/^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*|)$/.test(line))
    .join('\n');
}

// pg_restore 15 reads archives up to 1.14 only.
describe.each(['pg15-none', 'pg15-none-seekable', 'pg15-gzip'])('mini archives of %s', (name) => {
  const archive = fixture(name);
  let mapped: Mapped;
  beforeAll(async () => {
    mapped = await mapWhole(archive, { segmentBytes: 1024 });
  });

  function mini(wanted: (entry: TocEntry) => boolean): Buffer {
    const { head, map } = mapped;
    const dumpIds = new Set(head.entries.filter(wanted).map(({ dumpId }) => dumpId));
    const blocks = map.blocks.filter(({ dumpId }) => dumpIds.has(dumpId));
    return Buffer.concat([miniArchiveHead(head, dumpIds), ...blocks.map((block) => bytesOf(archive, block))]);
  }

  test('pg_restore makes of a mini archive of one index just that index', async () => {
    const { code, sql, stderr } = await sqlOf(mini(({ tag }) => tag === 't_v'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(statements(sql)).toBe('CREATE INDEX t_v ON app.t USING btree (v);');
    expect(sql).toContain("SET client_encoding = 'UTF8';");
    expect(sql).toContain('SET standard_conforming_strings = on;');
    expect(sql).toContain("set_config('search_path', '', false)");
  });

  test('pg_restore makes of mini archives of tables just their rows', async () => {
    for (const tags of [['child'], ['p1', 'zero_columns', 'empty', 't']]) {
      const wanted = ({ tag, desc }: TocEntry): boolean => desc === 'TABLE DATA' && tags.includes(tag);
      const { code, sql, stderr } = await sqlOf(mini(wanted));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const whole = await sqlOf(archive, ['--data-only', ...tags.map((tag) => `--table=${tag}`)]);
      expect(statements(sql)).toBe(
        statements(whole.sql)
          .split('\n')
          .filter((line) => !line.includes('setval'))
          .join('\n'),
      );
      expect(sql.match(/^COPY /gm)).toHaveLength(tags.length);
    }
  });

  test('pg_restore makes of a mini archive of the large objects just their contents', async () => {
    const { code, sql } = await sqlOf(mini(({ desc }) => desc === 'BLOBS'));
    expect(code).toBe(0);
    expect(sql.match(/lo_open/g)).toHaveLength(3);
    expect(sql).toContain("'\\x68656c6c6f'");
    expect(sql).not.toContain('lo_create');
  });

  test('pg_restore makes of a mini archive of everything what it makes of the archive', async () => {
    const { code, sql } = await sqlOf(mini(() => true));
    expect(code).toBe(0);
    expect(statements(sql)).toBe(statements((await sqlOf(archive)).sql));
  });

  test('pg_restore makes an error of a mini archive without the block of its entry', async () => {
    const entry = mapped.head.entries.find(({ tag, desc }) => desc === 'TABLE DATA' && tag === 'p1');
    const { code, stderr } = await sqlOf(miniArchiveHead(mapped.head, new Set([entry?.dumpId ?? 0])));
    expect(code).toBe(1);
    expect(stderr).toContain(`could not find block ID ${entry?.dumpId ?? 0} in archive`);
  });

  test('pg_restore makes of the slices of a block all its rows, each once', async () => {
    const { head, map } = mapped;
    for (const entry of head.entries.filter(
      ({ desc, tag }) => (desc === 'TABLE DATA' && tag === 't') || desc === 'BLOBS',
    )) {
      const block = blockOf(map, entry);
      const miniHead = miniArchiveHead(head, new Set([entry.dumpId]));
      const data = (sql: string): string =>
        entry.desc === 'BLOBS'
          ? statements(sql).replace(/^BEGIN;\n|\nCOMMIT;$/g, '')
          : sql.slice(sql.indexOf('FROM stdin;\n') + 12, sql.lastIndexOf('\\.\n'));
      const parts: string[] = [];
      for (let from = 0; from < block.segments.length; from += 4) {
        const frame = sliceOf(head.header, block, from, Math.min(from + 4, block.segments.length));
        const slice = await buffer(frameSlice(frame, singly(bytesOf(archive, frame))));
        const { code, sql, stderr } = await sqlOf(Buffer.concat([miniHead, slice]));
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        parts.push(data(sql));
      }
      const whole = await sqlOf(Buffer.concat([miniHead, bytesOf(archive, block)]));
      expect(parts.join('')).toBe(data(whole.sql));
    }
  });
});

// Archives of 17 need a pg_restore of 17.
describe.each([
  ['pg15-gzip', 15],
  ['pg17-gzip', 17],
  ['pg17-zstd', 17],
] as const)('slices of what many readers compress, like %s', (name, major) => {
  test.each([
    { runBytes: 400, segmentBytes: 2000 },
    { runBytes: 1, segmentBytes: 1 },
  ])('pg_restore makes of the slices all rows, each once (%j)', async (sizes) => {
    pgRestore = join(await postgresPrograms(major), 'pg_restore');
    const { archive, map, head } = await composed(name, sizes);
    const entry = entryOf(head, 'TABLE DATA', 't');
    const block = blockOf(map, entry);
    const step = Math.ceil(block.segments.length / 7);
    const parts: string[] = [];
    for (let from = 0; from < block.segments.length; from += step) {
      const frame = sliceOf(head.header, block, from, Math.min(from + step, block.segments.length));
      const slice = await buffer(frameSlice(frame, singly(bytesOf(archive, frame))));
      const { code, sql, stderr } = await sqlOf(Buffer.concat([miniArchiveHead(head, new Set([entry.dumpId])), slice]));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      parts.push(rowsIn(sql));
    }
    const { sql } = await sqlOf(fixture(name), ['--data-only', '--table=t']);
    expect(parts.join('')).toBe(rowsIn(sql));
    const [ofOurs, ofPgDumps] = [await sqlOf(archive), await sqlOf(fixture(name))];
    expect({ code: ofOurs.code, stderr: ofOurs.stderr }).toEqual({ code: 0, stderr: '' });
    expect(statements(ofOurs.sql)).toBe(statements(ofPgDumps.sql));
  });
});

function rowsIn(sql: string): string {
  return sql.slice(sql.indexOf('FROM stdin;\n') + 12, sql.indexOf('\n\\.\n') + 1);
}

// eslint-disable-next-line @typescript-eslint/require-await -- stands for a store's reads
async function* singly(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
