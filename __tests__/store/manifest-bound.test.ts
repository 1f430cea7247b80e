import { describe, expect, test } from '@jest/globals';
import { parseHead } from '../../src/archive/head.js';
import { encodeInt } from '../../src/archive/integers.js';
import { archivedRelations } from '../../src/commands/archived-relations.js';
import type { Manifest, SourceRelation } from '../../src/store/manifest.js';
import { maxManifestBytes } from '../../src/store/manifest-bound.js';
import { parseManifest, writeManifest } from '../../src/store/manifest-text.js';
import { fixture, mapWhole, READABLE, UNREADABLE, type Mapped } from '../archive/fixtures.js';
import { sampleManifest } from './sample-manifest.js';

const NAME_BYTES = 63;
/** JSON needs six bytes for each of its characters. */
const CONTROL = '\u0001'.repeat(NAME_BYTES - 8);

/** A table with rows and an index, with the least that pg_dump writes of such. */
interface Named {
  schema: string;
  table: string;
  index: string;
}

/** An archive of these, of pg_dump 17 and empty but for the end of each table's rows. */
function archiveOf(tables: readonly Named[]): Buffer {
  const bytes = fixture('pg17-none');
  const { entryCountAt } = parseHead(bytes);
  const int = (value: number): Buffer => encodeInt(value, 4);
  const text = (value: string): Buffer => Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)]);
  const entry = (dumpId: number, tag: string, desc: string, section: number, schema: string, sql: string[]): Buffer => {
    const [definition = '', copy = ''] = sql;
    const offset = Buffer.alloc(9);
    offset[0] = copy === '' ? 3 : 1;
    return Buffer.concat([
      ...[int(dumpId), int(copy === '' ? 0 : 1), text('0'), text('0'), text(tag), text(desc), int(section)],
      ...[text(definition), text(''), text(copy), text(schema), text(''), text(''), int(0)],
      ...[text(''), text('false'), int(-1), offset],
    ]);
  };
  const toc = tables.flatMap(({ schema, table, index }, n) => [
    entry(3 * n + 1, table, 'TABLE', 2, schema, [`CREATE TABLE ${schema}.${table} ();`]),
    entry(3 * n + 2, table, 'TABLE DATA', 3, schema, ['', `COPY ${schema}.${table} FROM stdin;`]),
    entry(3 * n + 3, index, 'INDEX', 4, schema, [`CREATE INDEX ${index} ON ${schema}.${table} ((0));`]),
  ]);
  const end = '\\.\n\n\n';
  const blocks = tables.map((_, n) =>
    Buffer.concat([Buffer.from([1]), int(3 * n + 2), int(end.length), Buffer.from(end), int(0)]),
  );
  return Buffer.concat([bytes.subarray(0, entryCountAt), int(toc.length), ...toc, ...blocks]);
}

function manifestOf({ map, head }: Mapped, relations: readonly SourceRelation[]): Manifest {
  const sample = sampleManifest();
  const { sizeBytes, sha256, ...rest } = map;
  return {
    ...sample,
    summary: { ...sample.summary, sizeBytes },
    archive: { ...sample.archive, sizeBytes, sha256 },
    map: rest,
    source: { ...sample.source, relations: archivedRelations(relations, head.entries) },
  };
}

/** As the source describes them, with numbers as long as they can be. */
function relationsOf({ schema, table, index }: Named): SourceRelation[] {
  const sizes = { sizeBytes: Number.MAX_SAFE_INTEGER, rowsEstimate: 1.2345678901234567e-30 };
  return [
    { kind: 'table', schema, name: table, table: null, valid: null, ...sizes },
    { kind: 'index', schema, name: index, table, valid: false, ...sizes, entryBytes: 2 ** 31 - 1 },
  ];
}

function named(n: number, filler: string): Named {
  const name = (what: string): string => `${what}${filler}${n.toString(36).padStart(7, '0')}`;
  return { schema: name('s'), table: name('t'), index: name('i') };
}

describe('the bound of a manifest', () => {
  test('the bound of a manifest leaves room for 100,000 tables with the longest names', async () => {
    const tables = Array.from({ length: 100_000 }, (_, n) => named(n, 'n'.repeat(NAME_BYTES - 8)));
    const bytes = archiveOf(tables);
    const manifest = manifestOf(await mapWhole(bytes), tables.flatMap(relationsOf));
    const text = writeManifest(manifest);
    expect([manifest.map.blocks.length, manifest.source.relations.length]).toEqual([100_000, 200_000]);
    expect(text.length).toBeGreaterThan(50_000_000);
    expect(text.length).toBeLessThan(maxManifestBytes(bytes.length));
  });

  test.each([1, 10, 3000])(
    'the bound of a manifest leaves room for %i tables with names that JSON makes long',
    async (count) => {
      const tables = Array.from({ length: count }, (_, n) => named(n, CONTROL));
      const bytes = archiveOf(tables);
      const manifest = manifestOf(await mapWhole(bytes), tables.flatMap(relationsOf));
      const text = writeManifest(manifest);
      expect(parseManifest(text, 'x')).toEqual(manifest);
      expect(text.length).toBeLessThan(maxManifestBytes(bytes.length));
      // The derivation holds without the fixed part.
      expect(text.length - 4096).toBeLessThan(6 * bytes.length);
    },
  );

  test.each([...READABLE, ...UNREADABLE])('the bound of a manifest has room for %s, also cut finely', async (name) => {
    const bytes = fixture(name);
    const mapped = await mapWhole(bytes);
    const relations = mapped.head.entries.flatMap(({ namespace, tag }) =>
      relationsOf({ schema: namespace, table: tag, index: tag }),
    );
    const text = writeManifest(manifestOf(mapped, relations));
    expect(text.length).toBeLessThan(maxManifestBytes(bytes.length) / 4);
    const fine = writeManifest(manifestOf(await mapWhole(bytes, { segmentBytes: 100 }), relations));
    expect(fine.length).toBeLessThan(maxManifestBytes(bytes.length));
  });

  test('a manifest above the bound is not written: nobody would read it again', () => {
    const manifest = sampleManifest();
    const [block] = manifest.map.blocks;
    if (block === undefined) throw new Error('no block');
    manifest.map.blocks = Array.from({ length: 10_000 }, () => block);
    expect(() => writeManifest(manifest)).toThrow(
      expect.objectContaining({ code: 'MANIFEST', hint: expect.stringContaining('--schema=') }),
    );
  });

  test('the bound of a manifest grows with the archive, to what the largest can need', () => {
    expect(maxManifestBytes(0)).toBe(1024 ** 2);
    expect(maxManifestBytes(1024 ** 2)).toBe(9 * 1024 ** 2);
    expect(maxManifestBytes(1024 ** 4)).toBeLessThan(110 * 1024 ** 2);
  });
});

describe('the relations that a manifest has', () => {
  test('the relations of a manifest are those of the archive, not of the whole database', async () => {
    const tables = [named(1, ''), named(2, '')];
    const { head } = await mapWhole(archiveOf(tables));
    const others = Array.from({ length: 1000 }, (_, n) => named(n + 10, '')).flatMap(relationsOf);
    const expected = tables.flatMap(relationsOf);
    expect(archivedRelations([...others, ...expected], head.entries)).toEqual(expected);
  });

  test('the relations of a manifest include indexes of keys, partitions, materialized views', async () => {
    const { head } = await mapWhole(fixture('pg17-none'));
    const relations = head.entries.flatMap(({ desc, namespace: schema, tag }): SourceRelation[] => {
      const common = { schema, sizeBytes: 1, rowsEstimate: null };
      if (desc === 'CONSTRAINT') {
        // One table has blanks in its name.
        const table = head.entries.find((one) => one.desc === 'TABLE' && tag.startsWith(`${one.tag} `))?.tag ?? '';
        const name = tag.slice(table.length + 1);
        return [{ kind: 'index', name, table, valid: true, ...common }];
      }
      if (desc === 'INDEX') return [{ kind: 'index', name: tag, table: 'any', valid: true, ...common }];
      const isTable = desc === 'TABLE' || desc === 'MATERIALIZED VIEW';
      return isTable ? [{ kind: 'table', name: tag, table: null, valid: null, ...common }] : [];
    });
    expect(relations.length).toBeGreaterThan(10);
    expect(archivedRelations(relations, head.entries)).toEqual(relations);
  });
});
