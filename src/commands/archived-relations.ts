import type { TocEntry } from '../archive/types.js';
import type { SourceRelation } from '../store/manifest.js';

/** Kinds of entries whose tag is the name of a relation; that of a CONSTRAINT is its table's and its own. */
const OF_RELATIONS: ReadonlySet<string> = new Set([
  'TABLE',
  'TABLE DATA',
  'MATERIALIZED VIEW',
  'MATERIALIZED VIEW DATA',
  'INDEX',
  'CONSTRAINT',
]);

type Relation = Omit<SourceRelation, 'entryBytes'> & { entryBytes?: number | null | undefined };

/**
 * Those relations of the source that the archive has, for its manifest. With `--table=…` among `dump-options` these can be few
 * of very many, and a manifest is never larger than its archive explains (src/store/manifest-bound.ts).
 */
export function archivedRelations(relations: readonly Relation[], entries: readonly TocEntry[]): SourceRelation[] {
  const key = (schema: string, tag: string): string => JSON.stringify([schema, tag]);
  const known = new Set(
    entries.filter(({ desc }) => OF_RELATIONS.has(desc)).map(({ namespace, tag }) => key(namespace, tag)),
  );
  const archived = relations.filter(
    ({ schema, name, table }) =>
      known.has(key(schema, name)) || (table !== null && known.has(key(schema, `${table} ${name}`))),
  );
  return archived.map(({ kind, schema, name, table, sizeBytes, valid, rowsEstimate, entryBytes }) => {
    const known = { kind, schema, name, table, sizeBytes, valid, rowsEstimate };
    return entryBytes === null || entryBytes === undefined ? known : { ...known, entryBytes };
  });
}
