import { keyConstraint } from '../archive/entry-sql.js';
import { namedRoles } from '../archive/named-roles.js';
import type { ArchiveHead, ArchiveMap, TocEntry } from '../archive/types.js';
import type { BackupContents, TableContents } from '../report/run-report.js';
import type { SourceRelation } from '../store/manifest.js';

/** Kinds that are tables, or are restored like them. */
const TABLES: ReadonlySet<string> = new Set(['TABLE', 'MATERIALIZED VIEW', 'FOREIGN TABLE']);
/** Kinds that belong to another entry, and are no objects that anybody looks for. */
const PARTS: ReadonlySet<string> = new Set([
  'TABLE DATA',
  'TABLE ATTACH',
  'MATERIALIZED VIEW DATA',
  'INDEX ATTACH',
  'SEQUENCE SET',
  'SEQUENCE OWNED BY',
  'DEFAULT',
  'ACL',
  'COMMENT',
  'SECURITY LABEL',
  'STATISTICS DATA',
  'ENCODING',
  'STDSTRINGS',
  'SEARCHPATH',
  'DATABASE',
  'DATABASE PROPERTIES',
  'BLOB METADATA',
]);

/** What a backup holds, by its TOC, its map and, where there is a manifest, what the source knew of sizes. Largest tables first. */
export function backupContents(
  { entries }: Pick<ArchiveHead, 'entries'>,
  { blocks }: Pick<ArchiveMap, 'blocks'>,
  relations: readonly SourceRelation[],
): BackupContents {
  const blockOf = new Map(blocks.map((block) => [block.dumpId, block]));
  const sizeOf = new Map(relations.map(({ schema, name, sizeBytes }) => [keyOf(schema, name), sizeBytes]));
  const tables = new Map<string, TableContents>();
  const byDumpId = new Map<number, TableContents>();
  const others = new Map<string, number>();
  const tableOf = ({ namespace: schema, tag: name }: TocEntry): TableContents => {
    const key = keyOf(schema, name);
    const made = { schema, name, rows: null, sizeBytes: null, sourceBytes: sizeOf.get(key) ?? null, indexes: [] };
    const table = tables.get(key) ?? made;
    tables.set(key, table);
    return table;
  };
  for (const entry of entries) {
    const key = keyConstraint(entry);
    if (TABLES.has(entry.desc)) {
      byDumpId.set(entry.dumpId, tableOf(entry));
    } else if (entry.desc === 'TABLE DATA') {
      const block = blockOf.get(entry.dumpId);
      if (block !== undefined) Object.assign(tableOf(entry), { rows: block.rows, sizeBytes: block.length });
    } else if (entry.desc === 'INDEX' || key !== null) {
      const table = entry.dependencies.map((dumpId) => byDumpId.get(dumpId)).find((found) => found !== undefined);
      const name = key?.name ?? entry.tag;
      table?.indexes.push({ name, sourceBytes: sizeOf.get(keyOf(entry.namespace, name)) ?? null });
    } else if (!PARTS.has(entry.desc)) {
      others.set(entry.desc, (others.get(entry.desc) ?? 0) + 1);
    }
  }
  const schemas = new Set([...tables.values()].map(({ schema }) => schema));
  for (const { desc, tag } of entries) if (desc === 'SCHEMA') schemas.add(tag);
  return {
    schemas: [...schemas].sort(inOrder),
    tables: [...tables.values()].sort(
      (a, b) => (b.sizeBytes ?? 0) - (a.sizeBytes ?? 0) || inOrder(a.schema, b.schema) || inOrder(a.name, b.name),
    ),
    others: Object.fromEntries([...others].sort(([a], [b]) => inOrder(a, b))),
    roles: namedRoles(entries),
  };
}

function keyOf(schema: string, name: string): string {
  return JSON.stringify([schema, name]);
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
