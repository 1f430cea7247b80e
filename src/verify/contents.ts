import { hasReadableText } from '../archive/block-text.js';
import { isPlainCopy, QUALIFIED_NAME } from '../archive/entry-sql.js';
import { entryTitle } from '../archive/entry-title.js';
import { encodingName } from '../archive/text-encoding.js';
import type { ArchiveHead, BlockMap, TocEntry } from '../archive/types.js';
import { copiesOf, type Copy } from './expected-rows.js';

/** Which rows of a target can be compared with those of its backup, and how they are read. Pure. */

/** Rows that are read in the target by one statement, and in the archive out of one block or several. */
export interface ComparedRows {
  /** The relation that COPY names, as SQL. */
  sqlName: string;
  dumpIds: readonly number[];
  /** Writes the rows as pg_dump's own statement does. */
  copyOut: string;
}

export interface ComparableContents {
  compared: ComparedRows[];
  /** Reason -> what is not compared. */
  notCompared: Map<string, string[]>;
}

const COPY_IN = new RegExp(String.raw`^COPY (${QUALIFIED_NAME}) (?:\((.+)\))? ?FROM stdin;\n$`, 's');

/** `entries` are those that were restored. */
export function comparableContents(
  { header, entries: all }: Pick<ArchiveHead, 'header' | 'entries'>,
  entries: readonly TocEntry[],
  blocks: readonly BlockMap[],
): ComparableContents {
  const notCompared = new Map<string, string[]>();
  const refuse = (reason: string, title: string): void => {
    notCompared.set(reason, [...(notCompared.get(reason) ?? []), title]);
  };
  const isUtf8 = encodingName(all.find(({ desc }) => desc === 'ENCODING')?.definition ?? '') === 'UTF8';
  const copies = new Map(copiesOf(entries, blocks).map((copy) => [copy.dumpId, copy]));
  const byRoot = Map.groupBy(copies.values(), ({ root }) => root);
  const byId = new Map(entries.map((entry) => [entry.dumpId, entry]));
  const compared: ComparedRows[] = [];
  const trees = new Map<string, Copy[]>();
  for (const entry of entries) {
    if (entry.desc === 'BLOBS' || entry.desc === 'MATERIALIZED VIEW DATA') refuse(KINDS[entry.desc], entry.tag);
    if (entry.desc !== 'TABLE DATA') continue;
    const copy = copies.get(entry.dumpId);
    const reason = reasonAgainst(entry, copy, hasReadableText(header), isUtf8);
    if (reason !== null || copy === undefined) refuse(reason ?? 'they are of another form', entryTitle(entry));
    else if (copy.throughRoot) trees.set(copy.sqlName, byRoot.get(copy.root) ?? []);
    else compared.push({ sqlName: copy.sqlName, dumpIds: [entry.dumpId], copyOut: copyOut(entry, false) });
  }
  for (const [sqlName, tree] of trees) {
    const parts = tree.flatMap(({ dumpId }) => byId.get(dumpId) ?? []);
    const through = parts.find(({ dumpId }) => copies.get(dumpId)?.sqlName === sqlName);
    if (through === undefined) continue;
    const isAlike = new Set(parts.map(columnsOf)).size === 1;
    if (isAlike) {
      compared.push({ sqlName, dumpIds: parts.map(({ dumpId }) => dumpId), copyOut: copyOut(through, true) });
    } else refuse('its partitions have their columns in other orders', sqlName);
  }
  return { compared, notCompared };
}

const KINDS = { BLOBS: 'large objects', 'MATERIALIZED VIEW DATA': 'materialized views are computed anew' };

function reasonAgainst(entry: TocEntry, copy: Copy | undefined, isReadable: boolean, isUtf8: boolean): string | null {
  if (!isReadable) return 'the archive is compressed with lz4';
  if (entry.copyStatement === '') return 'the archive has INSERT statements';
  if (!isPlainCopy(entry) || copy === undefined) return 'they are of another form';
  if (copy.root === null) return 'an extension has rows of its own there';
  const isExact = isUtf8 ? !entry.copyStatement.includes('\ufffd') : /^[\p{ASCII}]*$/u.test(entry.copyStatement);
  return isExact ? null : 'the name is in another encoding than UTF-8';
}

/** `isTree`: of a partitioned table, which COPY reads as a query only. */
function copyOut(entry: TocEntry, isTree: boolean): string {
  const [, name = '', columns] = COPY_IN.exec(entry.copyStatement) ?? [];
  if (isTree) return `COPY (SELECT ${columns ?? ''} FROM ${name}) TO stdout;`;
  return `COPY ${name} ${columns === undefined ? '' : `(${columns}) `}TO stdout;`;
}

function columnsOf({ copyStatement }: TocEntry): string {
  return COPY_IN.exec(copyStatement)?.[2] ?? '';
}
