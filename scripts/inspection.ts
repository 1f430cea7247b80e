/** What `npm run inspect` prints: head, map and plan of an archive, as lines. Names and counts only, never rows. */
import { entryTitle } from '../src/archive/entry-title.js';
import type { ArchiveHead, ArchiveMap, BlockMap } from '../src/archive/types.js';
import { formatExact, plural } from '../src/foundation/format.js';
import type { IndexStrategy } from '../src/plan/index-strategy.js';
import { lockBudgetOf, makePlan } from '../src/plan/plan.js';
import { STAGES } from '../src/plan/stage.js';
import type { Unit } from '../src/plan/unit.js';
import { JOURNAL_SCHEMA } from '../src/postgres/contents.js';
import { visibleLine } from '../src/report/escape.js';
import { textTable, type Column } from '../src/report/text-table.js';
import type { KnownArchive } from './open-any-archive.js';

/** Rows of each list that are shown unless all are asked for. */
const FEW_ROWS = 50;
/** The same of dump ids in one cell. */
const FEW_IDS = 6;

/** Of a server with the settings that PostgreSQL comes with: 64 locks for each of 100 connections. */
const LOCK_SLOTS = 6400;

export interface InspectionOptions {
  indexStrategy: IndexStrategy;
  /** Of the server that the plan is for; null is the one that was dumped. */
  serverMajor: number | null;
  /** Every row of every list. */
  all: boolean;
}

/** Head, map and plan. */
export function inspection(archive: KnownArchive, options: InspectionOptions): string[] {
  return [
    ...headLines(archive),
    '',
    ...mapLines(archive, options.all),
    '',
    ...planLines(archive.head, archive.map, options),
  ];
}

function headLines({ uri, head: { header, entries, bytes }, map, manifestUri }: KnownArchive): string[] {
  const { version, compression } = header;
  const encoding = entries.find(({ desc }) => desc === 'ENCODING')?.definition;
  const level = compression.level === null ? '' : `, level ${compression.level}`;
  return [
    'HEAD',
    ...textTable(
      [{ head: 'archive' }, { head: visibleLine(uri) }],
      [
        ['bytes', formatExact(map.sizeBytes)],
        ['SHA-256', map.sha256],
        ['mapped by', visibleLine(manifestUri ?? 'reading it')],
        ['format', `${header.format}, ${version.major}.${version.minor}-${version.revision}`],
        ['integers, offsets', `${header.intSize} and ${header.offSize} bytes`],
        ['compression', `${compression.algorithm}${level}`],
        ['encoding', visibleLine(/'([^']*)'/.exec(encoding ?? '')?.[1] ?? 'not said')],
        ['database', visibleLine(header.databaseName)],
        ['made', `${header.createdAt} (local time of that machine)`],
        ['server', visibleLine(header.serverVersion)],
        ['pg_dump', visibleLine(header.dumpVersion)],
        ['header and TOC', `${formatExact(bytes.length)} bytes, ${formatExact(entries.length)} entries`],
      ],
    ),
  ];
}

function mapLines({ head, map: { blocks } }: KnownArchive, all: boolean): string[] {
  const titles = new Map(head.entries.map((entry) => [entry.dumpId, entryTitle(entry)]));
  const columns: Column[] = [
    { head: 'dump id', right: true },
    { head: 'offset', right: true },
    { head: 'length', right: true },
    { head: 'rows', right: true },
    { head: 'segments', right: true },
    { head: 'block' },
  ];
  const rows = blocks.map(({ dumpId, offset, length, rows, segments }) => [
    String(dumpId),
    String(offset),
    String(length),
    rows === null ? '?' : String(rows),
    String(segments.length),
    visibleLine(titles.get(dumpId) ?? ''),
  ]);
  return [`MAP (${plural(blocks.length, 'block')})`, ...list(columns, rows, all)];
}

function planLines(head: ArchiveHead, map: ArchiveMap, options: InspectionOptions): string[] {
  const { indexStrategy, serverMajor, all } = options;
  const targetMajor = serverMajor ?? Number.parseInt(head.header.serverVersion, 10);
  // As for an empty database of PostgreSQL's own making, by a superuser, and with the defaults of the inputs.
  const plan = makePlan(head, map, {
    indexStrategy,
    lockBudget: lockBudgetOf(LOCK_SLOTS, 1),
    sliceBytes: 64 * 1024 * 1024,
    validateForeignKeys: 'now',
    indexOverrides: [],
    sizes: [],
    room: { tempBytes: 1024 ** 3, memoryBytes: 1024 ** 3 },
    only: [],
    skipEntries: [],
    keepSubscriptions: false,
    keepPrivileges: false,
    targetIsSuperuser: true,
    targetMajor,
    installedExtensions: ['plpgsql'],
    existing: [{ kind: 'SCHEMA', name: 'public', isOwn: true }],
    journalSchema: JOURNAL_SCHEMA,
  });
  const blockOf = new Map(map.blocks.map((block) => [block.dumpId, block]));
  const unitColumns: Column[] = [{ head: 'unit' }, { head: 'entries' }, { head: 'blocks' }, { head: 'title' }];
  const stages = STAGES.flatMap((stage) => {
    const units = plan.units.filter((unit) => unit.stage === stage);
    if (units.length === 0) return [];
    const heading = `stage ${stage} (${plural(units.length, 'unit')})`;
    const rows = units.map((unit) => unitRow(unit, blockOf, all));
    return ['', heading, ...list(unitColumns, rows, all)];
  });
  const leftOut = plan.leftOut.map(({ dumpId, title, reason }) => [
    String(dumpId),
    visibleLine(title),
    visibleLine(reason),
  ]);
  const leftOutColumns: Column[] = [{ head: 'dump id', right: true }, { head: 'entry' }, { head: 'reason' }];
  return [
    `PLAN (${plural(plan.units.length, 'unit')}, index strategy ${indexStrategy}, PostgreSQL ${targetMajor})`,
    ...plan.reasons.map(visibleLine),
    ...stages,
    ...(leftOut.length === 0 ? [] : ['', `left out (${leftOut.length})`, ...list(leftOutColumns, leftOut, all)]),
  ];
}

/** Blocks as `3402` when whole, and `3402[0,2)` with their segments otherwise: the first, and the one behind the last. */
function unitRow({ id, dumpIds, blocks, title }: Unit, blockOf: ReadonlyMap<number, BlockMap>, all: boolean): string[] {
  const ranges = blocks.map(({ dumpId, fromSegment, toSegment }) => {
    const isWhole = fromSegment === 0 && toSegment === blockOf.get(dumpId)?.segments.length;
    return isWhole ? String(dumpId) : `${dumpId}[${fromSegment},${toSegment})`;
  });
  return [id, few(dumpIds.map(String), all), few(ranges, all), visibleLine(title)];
}

function few(texts: readonly string[], all: boolean): string {
  if (all || texts.length <= FEW_IDS) return texts.join(' ');
  return `${texts.slice(0, FEW_IDS).join(' ')} and ${texts.length - FEW_IDS} more`;
}

function list(columns: readonly Column[], rows: readonly (readonly string[])[], all: boolean): string[] {
  const kept = all ? rows : rows.slice(0, FEW_ROWS);
  const more = rows.length - kept.length;
  return [...textTable(columns, kept), ...(more === 0 ? [] : [`… and ${more} more: see them with --all`])];
}
