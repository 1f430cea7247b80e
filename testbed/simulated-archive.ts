/** Archives of databases that are too large to be made: header and TOC to the byte, as pg_dump 15 writes them, and a map of blocks that nobody has written. */
import { parseHead } from '../src/archive/head.js';
import { encodeInt } from '../src/archive/integers.js';
import { segmentBytesFor } from '../src/archive/segment-size.js';
import type { ArchiveHead, BlockMap } from '../src/archive/types.js';

const INT_SIZE = 4;
const OFFSET_SIZE = 8;
const ROW_BYTES = 100;
const DIGEST = '0'.repeat(64);

/** What is planned from. */
export interface SimulatedArchive {
  head: ArchiveHead;
  map: { blocks: BlockMap[] };
}

/** 1 none, 2 pre-data, 3 data, 4 post-data. */
const SECTION_OF: Readonly<Record<string, number>> = {
  ENCODING: 2,
  STDSTRINGS: 2,
  SEARCHPATH: 2,
  SCHEMA: 2,
  TABLE: 2,
  'TABLE ATTACH': 2,
  VIEW: 2,
  SEQUENCE: 2,
  'TABLE DATA': 3,
  'SEQUENCE SET': 3,
  CONSTRAINT: 4,
  'FK CONSTRAINT': 4,
  INDEX: 4,
  'INDEX ATTACH': 4,
};

/** So many tables of `rowBytes` each: rows, a key, an index, and a foreign key to the first of them. 5 entries for each. */
export function manyTables(count: number, rowBytes: number): SimulatedArchive {
  const archive = new Writer();
  const tables = Array.from({ length: count }, (_, at) => archive.table(`t${at}`));
  for (const table of tables) archive.rows(table, rowBytes);
  const keys = tables.map((table) => archive.key(table));
  for (const table of tables) archive.index(table, `${table.name}_a`);
  for (const table of tables) archive.foreignKey(table, tables[0] ?? table, keys[0] ?? 0);
  return archive.end();
}

/** A table of so many partitions of `rowBytes` each, with keys and indexes that are attached to those of the root. 7 entries for each. */
export function manyPartitions(count: number, rowBytes: number): SimulatedArchive {
  const archive = new Writer();
  const root = archive.table('root');
  const partitions = Array.from({ length: count }, (_, at) => archive.table(`p${at}`));
  for (const part of partitions) archive.attach('TABLE ATTACH', part.name, [root.dumpId, part.dumpId]);
  for (const part of partitions) archive.rows(part, rowBytes);
  for (const make of [
    (table: Table) => archive.key(table),
    (table: Table) => archive.index(table, `${table.name}_a`),
  ]) {
    const above = make(root);
    const attached = partitions.map((part) => [part, make(part)] as const);
    for (const [part, below] of attached) archive.attach('INDEX ATTACH', `${part.name}_i`, [above, below]);
  }
  return archive.end();
}

/** One table of so many bytes, with a key, and a sequence that pg_dump sets behind its rows. */
export function oneTable(rowBytes: number): SimulatedArchive {
  const archive = new Writer();
  const table = archive.table('t');
  archive.rows(table, rowBytes);
  archive.key(table);
  return archive.end();
}

/** So many views, each of the one before it; with `ofKey` the first of them needs the key of a table, and with it all. */
export function chainOfViews(count: number, { ofKey = false } = {}): SimulatedArchive {
  const archive = new Writer();
  const table = archive.table('t');
  let below = ofKey ? archive.key(table) : table.dumpId;
  for (let at = 0; at < count; at++) below = archive.view(`v${at}`, below);
  return archive.end();
}

interface Table {
  dumpId: number;
  name: string;
}

class Writer {
  private readonly entries: Buffer[] = [];
  private readonly rowBytes = new Map<number, number>();
  private readonly schema: number;

  constructor() {
    this.entry('ENCODING', 'ENCODING', "SET client_encoding = 'UTF8';\n", [], '');
    this.entry('STDSTRINGS', 'STDSTRINGS', "SET standard_conforming_strings = 'on';\n", [], '');
    this.entry('SEARCHPATH', 'SEARCHPATH', "SELECT pg_catalog.set_config('search_path', '', false);\n", [], '');
    this.schema = this.entry('SCHEMA', 'app', 'CREATE SCHEMA app;\n', [], '');
  }

  table(name: string): Table {
    const definition = `CREATE TABLE app.${name} (\n    id bigint NOT NULL,\n    a integer,\n    note text DEFAULT 'none'::text\n);\n`;
    return { dumpId: this.entry('TABLE', name, definition, [this.schema]), name };
  }

  view(name: string, of: number): number {
    return this.entry('VIEW', name, `CREATE VIEW app.${name} AS\n SELECT 1 AS a;\n`, [this.schema, of]);
  }

  rows({ dumpId, name }: Table, bytes: number): void {
    const data = this.entry('TABLE DATA', name, '', [dumpId], 'app', `COPY app.${name} (id, a, note) FROM stdin;\n`);
    this.rowBytes.set(data, bytes);
  }

  key({ dumpId, name }: Table): number {
    const definition = `ALTER TABLE ONLY app.${name}\n    ADD CONSTRAINT ${name}_pkey PRIMARY KEY (id);\n`;
    return this.entry('CONSTRAINT', `${name} ${name}_pkey`, definition, [dumpId]);
  }

  index({ dumpId, name }: Table, index: string): number {
    return this.entry('INDEX', index, `CREATE INDEX ${index} ON app.${name} USING btree (a);\n`, [dumpId]);
  }

  foreignKey({ dumpId, name }: Table, to: Table, key: number): void {
    const definition = `ALTER TABLE ONLY app.${name}\n    ADD CONSTRAINT ${name}_fkey FOREIGN KEY (a) REFERENCES app.${to.name}(id);\n`;
    this.entry('FK CONSTRAINT', `${name} ${name}_fkey`, definition, [key, dumpId, to.dumpId]);
  }

  attach(desc: 'TABLE ATTACH' | 'INDEX ATTACH', name: string, dependencies: readonly number[]): void {
    this.entry(desc, name, `ALTER … ATTACH PARTITION app.${name};\n`, dependencies);
  }

  end(): SimulatedArchive {
    const int = (value: number): Buffer => encodeInt(value, INT_SIZE);
    const [year, month, day, hour] = [126, 0, 2, 3];
    const head = parseHead(
      Buffer.concat([
        Buffer.from('PGDMP', 'latin1'),
        Buffer.from([1, 14, 0, INT_SIZE, OFFSET_SIZE, 1]),
        ...[0, 0, 0, hour, day, month, year, 0].map(int),
        ...['app', '15.20', '15.20'].map(string),
        int(this.entries.length),
        ...this.entries,
      ]),
    );
    const total = [...this.rowBytes.values()].reduce((sum, bytes) => sum + bytes, head.bytes.length);
    return { head, map: { blocks: blocksOf(this.rowBytes, head.bytes.length, segmentBytesFor(total)) } };
  }

  private entry(
    desc: string,
    name: string,
    definition: string,
    dependencies: readonly number[],
    namespace = 'app',
    copyStatement = '',
  ): number {
    const dumpId = this.entries.length + 1;
    const numbers = (...values: number[]): Buffer[] => values.map((value) => encodeInt(value, INT_SIZE));
    this.entries.push(
      Buffer.concat([
        ...numbers(dumpId, copyStatement === '' ? 0 : 1),
        ...['1259', String(16_384 + dumpId), name, desc].map(string),
        ...numbers(SECTION_OF[desc] ?? 1),
        ...[definition, '', copyStatement, namespace, '', '', 'owner', 'false'].map(string),
        ...dependencies.map(String).map(string),
        ...numbers(-1),
        // Its flag byte: the position is not set.
        Buffer.from([1]),
        Buffer.alloc(OFFSET_SIZE),
      ]),
    );
    return dumpId;
  }
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([encodeInt(bytes.length, INT_SIZE), bytes]);
}

function blocksOf(rowBytes: ReadonlyMap<number, number>, start: number, segmentBytes: number): BlockMap[] {
  let offset = start;
  return [...rowBytes].map(([dumpId, length]) => {
    const at = offset;
    offset += length;
    const segments = Array.from({ length: Math.max(1, Math.ceil(length / segmentBytes)) }, (_, number) => {
      const from = number * segmentBytes;
      const bytes = Math.min(segmentBytes, length - from);
      const rows = Math.floor(bytes / ROW_BYTES);
      return { offset: at + from, length: bytes, rows, sha256: DIGEST, chunkBytesLeft: 0 };
    });
    const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
    return { dumpId, kind: 'table', offset: at, length, rows, segments };
  });
}
