import { archiveIdentity } from '../archive/archive-identity.js';
import { digestedRanges, type DigestedRange } from '../archive/digest-check.js';
import { entryTitle } from '../archive/entry-title.js';
import { mapTotals } from '../archive/map-totals.js';
import type { ArchiveHead, ArchiveMap, BlockMap, TocEntry } from '../archive/types.js';
import { messageOf, ofArchive, PhaseliftError } from '../foundation/errors.js';
import { formatExact, plural } from '../foundation/format.js';
import { phrase } from '../foundation/text.js';
import { exitError } from '../postgres/exit-message.js';
import type { ManifestSummary } from '../store/manifest.js';
import type { ArchiveReading } from './archive-reading.js';
import type { VerificationLine } from './verification-line.js';

/** The archive that was read, for messages. */
export interface ReadArchive {
  uri: string;
  manifestUri: string;
  /** As the manifest has it; without one, what the store says, which need not be what is read. */
  sizeBytes: number;
  /** The manifest's; null when there is none. */
  expected: ArchiveMap | null;
  /** What the manifest tells of it without its map; null when there is none. */
  summary: ManifestSummary | null;
  /** Header and TOC, compared with their digest; null when there is none. */
  head: ArchiveHead | null;
}

export interface Findings {
  lines: VerificationLine[];
  /** The weightiest fault, in one line; null when all is well. */
  fault: PhaseliftError | null;
}

const SHOWN = 5;
const ANOTHER = 'Restore another backup; this one does not hold what was dumped.';

/** Judges what a reading has shown. Pure. */
export function judge(archive: ReadArchive, reading: ArchiveReading): Findings {
  const { expected } = archive;
  const { map, exit } = reading;
  const head = archive.head ?? reading.head;
  const titles = titlesOf(head);
  const damaged = reading.different.map((range) => rangeTitle(range, titles));
  const cut = map === null || head === null ? [] : cutTables(map, head).map((dumpId) => titles(dumpId));
  const mapFaults =
    expected === null || map === null
      ? []
      : [...differences(expected, map, titles), ...summaryFaults(archive.summary, expected)];
  const lines = [
    line('bytes', expected?.sizeBytes ?? reading.bytesRead, reading.bytesRead),
    ...(expected === null ? [] : [named('digests', digestedRanges(expected).length, damaged)]),
    ...(expected === null || map === null ? [] : [named('identity of the archive', 1, sameIdentity(expected))]),
    named('structure', 1, map === null ? [messageOf(reading.structureFault)] : []),
    ...(map === null ? [] : [line('data blocks', expected?.blocks.length ?? map.blocks.length, map.blocks.length)]),
    ...(map === null ? [] : [rowsLine(expected ?? map, map)]),
    ...(mapFaults.length === 0 ? [] : [named('map of the manifest', mapFaults.length, mapFaults)]),
    ...(map === null ? [] : [named('complete COPY data', mapTotals(map).tables, cut)]),
    named('pg_restore reads it', 1, exit.code === 0 ? [] : [toolFault(archive, exit).message]),
  ];
  return { lines, fault: worst(archive, reading, { damaged, cut, mapFaults }) };
}

/** What the bytes say comes first, then what they are made of, then what the manifest says of it, and pg_restore last. */
function worst(
  archive: ReadArchive,
  reading: ArchiveReading,
  { damaged, cut, mapFaults }: Record<'damaged' | 'cut' | 'mapFaults', readonly string[]>,
): PhaseliftError | null {
  const { uri, manifestUri, expected } = archive;
  if (damaged.length > 0) {
    const message = `${uri} is damaged: ${shown(damaged)} ${damaged.length === 1 ? 'differs' : 'differ'} from the manifest's digest`;
    return new PhaseliftError('ARCHIVE_DAMAGED', message, { object: damaged[0], hint: ANOTHER });
  }
  if (reading.map === null) return structureError(archive, reading.structureFault);
  if (cut.length > 0) {
    const message = `${uri} is damaged: the COPY data of ${shown(cut)} ${cut.length === 1 ? 'is' : 'are'} cut off`;
    return new PhaseliftError('ARCHIVE_DAMAGED', message, { object: cut[0], hint: ANOTHER });
  }
  const whole = expected === null ? [] : sameIdentity(expected);
  const [first] = [...mapFaults, ...whole];
  if (first !== undefined) {
    const message = `the manifest ${manifestUri} does not describe its archive: ${first}`;
    const hint = 'One of the two was replaced or changed; restore another backup.';
    return new PhaseliftError('MANIFEST', message, { object: manifestUri, hint });
  }
  return reading.exit.code === 0 ? null : toolFault(archive, reading.exit);
}

/** The reader of archives knows bytes only: here its error gets the name of the object. */
export function structureError({ uri }: Pick<ReadArchive, 'uri'>, fault: unknown): PhaseliftError {
  if (!(fault instanceof PhaseliftError)) {
    return new PhaseliftError('INTERNAL', `${uri}: ${messageOf(fault)}`, { object: uri, cause: fault });
  }
  return ofArchive(uri, fault);
}

function toolFault({ uri }: ReadArchive, exit: ArchiveReading['exit']): PhaseliftError {
  const cause = exitError({ tool: 'pg_restore', ...exit, side: null });
  return new PhaseliftError(cause.code, phrase`${uri}: ${cause.messageText}`, {
    object: uri,
    hint: cause.hintText ?? ANOTHER,
    cause,
  });
}

/** In compressions that Phaselift reads, a table's rows are not known only when they do not end as COPY data does. */
function cutTables({ blocks }: ArchiveMap, { entries, header }: ArchiveHead): number[] {
  if (header.compression.algorithm === 'lz4') return [];
  const copied = new Set(entries.filter((entry) => entry.copyStatement !== '').map((entry) => entry.dumpId));
  return blocks.filter((block) => isTable(block) && block.rows === null && copied.has(block.dumpId)).map(dumpIdOf);
}

function differences(expected: ArchiveMap, found: ArchiveMap, titles: (dumpId: number) => string): string[] {
  const count = Math.max(expected.blocks.length, found.blocks.length);
  return Array.from({ length: count }, (_, at) => difference(expected.blocks[at], found.blocks[at], titles)).filter(
    (text) => text !== null,
  );
}

function difference(
  expected: BlockMap | undefined,
  found: BlockMap | undefined,
  titles: (dumpId: number) => string,
): string | null {
  if (expected === undefined) return found === undefined ? null : `${titles(found.dumpId)} is not in it`;
  if (found === undefined) return `${titles(expected.dumpId)} is not in the archive`;
  const title = titles(expected.dumpId);
  if (expected.dumpId !== found.dumpId) return `${titles(found.dumpId)} stands where it has ${title}`;
  if (expected.kind !== found.kind) return `${title} is of another kind`;
  if (expected.offset !== found.offset || expected.length !== found.length) {
    return `${title} has bytes ${extent(found)}, not ${extent(expected)}`;
  }
  if (expected.rows === null || found.rows === null) return null;
  return expected.rows !== found.rows
    ? `${title} has ${plural(found.rows, 'row')}, not ${formatExact(expected.rows)}`
    : null;
}

/** Lists and the choice of a backup rely on the summary alone. */
function summaryFaults(summary: ManifestSummary | null, map: ArchiveMap): string[] {
  if (summary === null) return [];
  const { tables, rows } = mapTotals(map);
  const counts = [
    // Of an encrypted archive the summary has the bytes that are stored.
    ...(summary.encryption === undefined ? ([['bytes', summary.sizeBytes, map.sizeBytes]] as const) : []),
    ['tables', summary.tables, tables],
    ['rows', summary.rows, rows],
  ] as const;
  return counts
    .filter(([, told, mapped]) => told !== mapped)
    .map(([what, told, mapped]) => `its summary has ${told ?? 'no'} ${what}, its map ${mapped ?? 'none'}`);
}

function sameIdentity(expected: ArchiveMap): string[] {
  return archiveIdentity(expected) === expected.sha256 ? [] : ['the identity that it names is not that of its digests'];
}

function rowsLine(expected: ArchiveMap, found: ArchiveMap): VerificationLine {
  const [{ rows: before }, { rows: now }] = [mapTotals(expected), mapTotals(found)];
  if (before !== null && now !== null) return line('rows', before, now);
  return { ...line('rows', 0, 0), detail: 'they cannot be counted' };
}

function line(check: string, expected: number, found: number): VerificationLine {
  return { check, expected, found, ok: expected === found, detail: '' };
}

function named(check: string, expected: number, wrong: readonly string[]): VerificationLine {
  return { check, expected, found: expected - wrong.length, ok: wrong.length === 0, detail: shown(wrong) };
}

function shown(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function rangeTitle({ offset, length, dumpId }: DigestedRange, titles: (dumpId: number) => string): string {
  const what = dumpId === null ? 'header and TOC' : titles(dumpId);
  return `${what} (bytes ${extent({ offset, length })})`;
}

function extent({ offset, length }: Pick<DigestedRange, 'offset' | 'length'>): string {
  return `${offset} to ${offset + length}`;
}

function titlesOf(head: ArchiveHead | null): (dumpId: number) => string {
  const entries = new Map<number, TocEntry>((head?.entries ?? []).map((entry) => [entry.dumpId, entry]));
  return (dumpId) => {
    const entry = entries.get(dumpId);
    return entry === undefined ? `dump id ${dumpId}` : entryTitle(entry);
  };
}

function isTable({ kind }: BlockMap): boolean {
  return kind === 'table';
}

function dumpIdOf({ dumpId }: BlockMap): number {
  return dumpId;
}
