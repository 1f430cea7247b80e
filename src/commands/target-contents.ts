import { blockText } from '../archive/block-text.js';
import { entryTitle } from '../archive/entry-title.js';
import { encodingName } from '../archive/text-encoding.js';
import type { TocEntry } from '../archive/types.js';
import { copySettings } from '../dump/reading-session.js';
import { rowOptions } from '../dump/row-options.js';
import type { OpenArchive } from '../engine/open-archive.js';
import { unitBlocks } from '../engine/unit-archive.js';
import { formatBytes, plural } from '../foundation/format.js';
import type { PsqlSession } from '../postgres/session.js';
import type { Sessions } from '../postgres/sessions.js';
import { literal } from '../postgres/sql.js';
import type { RowSettings } from '../store/manifest.js';
import { comparableContents, type ComparableContents, type ComparedRows } from '../verify/contents.js';
import { contentsLine, type ComparedContents, type Unlike } from '../verify/contents-line.js';
import { joinedDigest, loadRowDigests, type DigestOfRows, type RowDigest } from '../verify/row-digest.js';
import { dependsOnSettings, readability } from '../verify/target-state.js';
import type { VerificationLine } from '../verify/verification-line.js';

/** The rows of a restore's tables, in the archive and in the target. */
export interface ContentsSite {
  archive: OpenArchive;
  /** What was restored. */
  entries: readonly TocEntry[];
  /** Those of the backup. */
  dumpOptions: readonly string[];
  /** How the archive's rows were written; null where nobody noted it. */
  rowSettings: RowSettings | null;
  /** That only look. */
  sessions: Sessions;
  jobs: number;
  signal: AbortSignal;
}

/** Blocks that stand next to each other are read by one request, up to so many bytes and tables. */
const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_TABLES = 200;

/** Compares the contents of tables; what has been compared is not compared again when `line` is called once more. */
export class TargetContents {
  private readonly found = new Map<ComparedRows, Unlike | null>();
  private readonly prepared = new WeakSet<PsqlSession>();

  private readonly contents: ComparableContents;

  constructor(
    private readonly site: ContentsSite,
    private readonly log: (line: string) => void,
  ) {
    const { archive, entries } = site;
    const blocks = entries.flatMap(({ dumpId }) => archive.block(dumpId) ?? []);
    this.contents = comparableContents(archive.head, entries, blocks);
  }

  /** Throws what reading the archive and the target throws. */
  async line(): Promise<VerificationLine> {
    const { sessions, jobs, signal } = this.site;
    const { compared, notCompared } = this.contents;
    const open = compared.filter((rows) => !this.found.has(rows));
    const bytes = open.reduce((sum, rows) => sum + this.bytesOf(rows), 0);
    this.log(`comparing the rows of ${plural(open.length, 'table')}, ${formatBytes(bytes)} of the archive`);
    const newDigest = await loadRowDigests();
    await sessions.useForEach(this.batches(open), jobs, signal, async (batch, session) => {
      await this.compareBatch(batch, session, newDigest);
    });
    const unlike: ComparedContents['unlike'] = [];
    for (const [{ sqlName }, difference] of this.found) if (difference !== null) unlike.push({ sqlName, difference });
    return contentsLine({ total: compared.length, unlike, notCompared });
  }

  private bytesOf({ dumpIds }: ComparedRows): number {
    return dumpIds.reduce((sum, dumpId) => sum + (this.site.archive.block(dumpId)?.length ?? 0), 0);
  }

  /** In the order of the archive. */
  private batches(compared: readonly ComparedRows[]): ComparedRows[][] {
    const batches: ComparedRows[][] = [];
    let bytes = Infinity;
    for (const rows of compared) {
      const batch = batches.at(-1);
      const own = this.bytesOf(rows);
      if (batch === undefined || bytes + own > BATCH_BYTES || batch.length === BATCH_TABLES) {
        batches.push([rows]);
        bytes = own;
      } else {
        batch.push(rows);
        bytes += own;
      }
    }
    return batches;
  }

  private async compareBatch(
    batch: readonly ComparedRows[],
    session: PsqlSession,
    newDigest: () => RowDigest,
  ): Promise<void> {
    const readable: ComparedRows[] = [];
    for (const rows of batch) {
      const state = await readability(session, rows.sqlName);
      if (state?.reason === null) readable.push(rows);
      else this.found.set(rows, state === null ? 'missing' : { reason: state.reason });
    }
    const [archived, there] = await this.digestsOf(readable, session, newDigest);
    for (const rows of readable) {
      const before = rows.dumpIds.map((dumpId) => archived.get(dumpId) ?? NONE).reduce(joinedDigest, NONE);
      this.found.set(rows, await this.differenceOf(rows, before, there.get(rows) ?? NONE, session));
    }
  }

  /** Of the blocks in the archive, which are read one after the other, and of the tables, which are read meanwhile. */
  private async digestsOf(
    readable: readonly ComparedRows[],
    session: PsqlSession,
    newDigest: () => RowDigest,
  ): Promise<[Map<number, DigestOfRows>, Map<ComparedRows, DigestOfRows>]> {
    const stop = new AbortController();
    const reading = [
      this.digestBlocks(readable, newDigest, AbortSignal.any([this.site.signal, stop.signal])),
      this.digestTables(readable, session, newDigest),
    ] as const;
    try {
      return await Promise.all(reading);
    } finally {
      stop.abort();
    }
  }

  private async digestBlocks(
    readable: readonly ComparedRows[],
    newDigest: () => RowDigest,
    signal: AbortSignal,
  ): Promise<Map<number, DigestOfRows>> {
    const { archive } = this.site;
    const digests = new Map<number, DigestOfRows>();
    const blocks = readable.flatMap(({ dumpIds }) => dumpIds.map((dumpId) => this.wholeBlock(dumpId)));
    for await (const { dumpId, block } of unitBlocks(archive, { blocks }, signal, () => undefined)) {
      const digest = newDigest();
      const entry = archive.entry(dumpId);
      const title = entry === undefined ? `dump id ${dumpId}` : entryTitle(entry);
      for await (const text of blockText(archive.head.header, title, block)) digest.push(text);
      digests.set(dumpId, digest.result);
    }
    return digests;
  }

  private async digestTables(
    readable: readonly ComparedRows[],
    session: PsqlSession,
    newDigest: () => RowDigest,
  ): Promise<Map<ComparedRows, DigestOfRows>> {
    const digests = new Map<ComparedRows, DigestOfRows>();
    await this.prepare(session);
    for (const rows of readable) {
      const digest = newDigest();
      await session.copyOut(rows.copyOut, (bytes) => {
        digest.push(bytes);
        return Promise.resolve();
      });
      digests.set(rows, digest.result);
    }
    return digests;
  }

  private async differenceOf(
    { sqlName }: ComparedRows,
    before: DigestOfRows,
    now: DigestOfRows,
    session: PsqlSession,
  ): Promise<Unlike | null> {
    if (before.rows !== now.rows) return { before: before.rows, now: now.rows };
    if (before.sum === now.sum) return null;
    if (this.site.rowSettings === null && (await dependsOnSettings(session, sqlName)))
      return { reason: UNKNOWN_SETTINGS };
    return 'other rows';
  }

  /** The session writes rows as that of the backup did. */
  private async prepare(session: PsqlSession): Promise<void> {
    if (this.prepared.has(session)) return;
    const { archive, dumpOptions, rowSettings } = this.site;
    const encoding = archive.head.entries.find(({ desc }) => desc === 'ENCODING')?.definition ?? '';
    // Rows that a policy hides are not compared: that was found out before.
    const options = { ...rowOptions(dumpOptions), rowSecurity: false };
    const more = {
      // A whole table is read, and the fastest way is the plain one.
      enable_seqscan: 'on',
      ...(rowSettings === null ? {} : { TimeZone: rowSettings.timeZone, bytea_output: rowSettings.byteaOutput }),
    };
    const statements = Object.entries(more).map(([name, value]) => `SET ${name} = ${literal(value)};`);
    await session.run([copySettings(encodingName(encoding), options), ...statements].join('\n'));
    this.prepared.add(session);
  }

  private wholeBlock(dumpId: number): { dumpId: number; fromSegment: number; toSegment: number } {
    return { dumpId, fromSegment: 0, toSegment: this.site.archive.block(dumpId)?.segments.length ?? 0 };
  }
}

const NONE: DigestOfRows = { rows: 0, sum: 0n };
const UNKNOWN_SETTINGS = 'the backup does not say in which time zone its rows are written';
