import { LargeObjectBlocks } from '../archive/large-object-blocks.js';
import { runCodec } from '../archive/compress-run.js';
import { HeadParser } from '../archive/head.js';
import { ArchiveMapper } from '../archive/mapper.js';
import { segmentBytesFor } from '../archive/segment-size.js';
import { entryTitle } from '../archive/entry-title.js';
import type { ArchiveContents, ArchiveHead, TocEntry } from '../archive/types.js';
import { ArchiveComposer } from '../dump/archive-composer.js';
import { OrderedReaders, type ReadingResult } from '../dump/ordered-readers.js';
import { stretchesOf, type Piece } from '../dump/pieces.js';
import { readerStatements } from '../dump/reading-session.js';
import { rowOptions } from '../dump/row-options.js';
import { noSnapshot, type SnapshotHolder } from '../dump/snapshot-holder.js';
import { PhaseliftError } from '../foundation/errors.js';
import { plural } from '../foundation/format.js';
import type { Text } from '../foundation/text.js';
import { exitMessage } from '../postgres/exit-message.js';
import type { ToolExit } from '../postgres/toolbox.js';
import { shownBy } from '../report/progress-display.js';
import type { ByteEntrance, ByteSink } from '../store/archive-writer.js';
import type { BegunDump } from './begun-dump.js';
import type { CommandContext } from './context.js';
import { expectedBytes, type Dump, type DumpedArchive } from './dump.js';
import { adviceOn, dumpError, importing, startDump } from './source-database.js';
import { tellNotes } from './tell-notes.js';

/**
 * Several sessions read, under the snapshot of the holder, and what they read goes into one archive in its order. Comes back only with an
 * archive that is complete.
 */
export async function dumpByReaders(
  dump: Dump,
  begun: BegunDump,
  holder: SnapshotHolder,
  entrance: ByteEntrance,
  context: CommandContext,
): Promise<DumpedArchive> {
  const options = rowOptions(dump.settings.dumpOptions);
  try {
    const head = await readHead(begun, context.signal);
    const sizes = new Map(dump.relations.map((relation) => [relation.oid, relation]));
    const stretches = stretchesOf(head.entries, await holder.lock(head.entries, sizes, context.signal));
    let contents: ArchiveContents | null = null;
    const progress = context.progress({ label: 'backup', totals: { bytes: expectedBytes(dump) } });
    const produce = async (sink: ByteSink, uploading: AbortSignal): Promise<void> => {
      const lost = new AbortController();
      holder.lost.catch((error: unknown) => {
        lost.abort(error);
      });
      const signal = AbortSignal.any([uploading, lost.signal]);
      const segmentBytes = segmentBytesFor(dump.estimatedBytes);
      const mapper = new ArchiveMapper({ segmentBytes, isTold: true });
      const tell = (): void => {
        const seen = { bytes: mapper.bytesSeen, rows: mapper.rowsSeen };
        progress.set(seen);
        context.recorder.stepTotals(seen);
      };
      const composer = new ArchiveComposer(head, mapper, watched(sink, tell), segmentBytes);
      const opening = `${dump.sessions.opening}\n${readerStatements(holder.snapshot, encodingOf(head), options)}`;
      const result = await new OrderedReaders({
        stretches,
        readers: dump.readers,
        kit: {
          start: () => dump.sessions.start({ writesMuch: true }),
          opening,
          codec: runCodec(dump.settings.compress),
          errorFrom: readerError,
        },
        composer,
        readHeld: (pieces, hand, ended) => holder.read(pieces, encodingOf(head), hand, ended),
        writeLargeObjects: (entries) => writeLargeObjects(entries, dump, holder.snapshot, composer, signal),
        signal,
      }).run();
      await holder.check();
      contents = await mapper.end();
      report(result, contents, context);
    };
    const described = (): ArchiveContents => {
      if (contents !== null) return contents;
      throw new PhaseliftError('INTERNAL', 'the upload ended before the archive');
    };
    const accepting = () => entrance.accept(produce, (identity) => dump.describe(described(), identity));
    const info = await shownBy(progress, context.signal, accepting);
    await holder.close();
    return { ...described(), info };
  } catch (error) {
    // What else fails once the snapshot is gone is a consequence of that.
    const cause = context.signal.aborted ? error : await holder.causeOf(error);
    await holder.kill();
    throw cause;
  }
}

/** Tells after each write. */
function watched(sink: ByteSink, tell: () => void): ByteSink {
  return {
    write(bytes) {
      const written = sink.write(bytes);
      tell();
      return written;
    },
  };
}

/** So many of the tables that were read in pieces are named. */
const NAMED_TABLES = 10;

/** Header and TOC, by a pg_dump that is ended as soon as they are there. */
async function readHead(begun: BegunDump, signal: AbortSignal): Promise<ArchiveHead> {
  const { running } = begun;
  try {
    signal.throwIfAborted();
    const head = await firstHead(begun);
    if (head !== null) return head;
    const exit = await running.exited;
    signal.throwIfAborted();
    throw begun.errorOf(exit);
  } finally {
    await running.stop();
  }
}

/** Null when pg_dump ends before it has written one. Nothing is read beyond it. */
function firstHead(begun: BegunDump): Promise<ArchiveHead | null> {
  const parser = new HeadParser();
  return new Promise((resolve, reject) => {
    const read = begun.read((chunk) => {
      const head = parser.push(chunk);
      if (head === null) return null;
      resolve(head);
      return new Promise(() => undefined);
    });
    read.then(() => {
      resolve(null);
    }, reject);
  });
}

/** Leaves all rows out. What there is of large objects stays. */
const WITHOUT_TABLES = ['--exclude-table=*.*', '--exclude-table-data=*.*'];

/** Their blocks, as pg_dump makes them in the same snapshot. */
async function writeLargeObjects(
  entries: readonly TocEntry[],
  dump: Dump,
  snapshot: string,
  composer: ArchiveComposer,
  signal: AbortSignal,
): Promise<void> {
  const blocks = new LargeObjectBlocks(entries);
  const running = startDump(importing(dump.settings), dump.toolbox, 'stdout', [
    `--snapshot=${snapshot}`,
    ...WITHOUT_TABLES,
  ]);
  const stop = (): void => void running.stop();
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    for await (const chunk of running.stdout as AsyncIterable<Buffer>) {
      for (const bytes of blocks.push(chunk)) await composer.raw(bytes);
    }
    const exit = await running.exited;
    signal.throwIfAborted();
    if (exit.code !== 0) throw dumpError(exit);
    if (!blocks.isComplete) throw new PhaseliftError('TOOL_FAILED', 'pg_dump ended before the last large object');
  } finally {
    signal.removeEventListener('abort', stop);
    await running.stop();
  }
}

/** SQLSTATEs of a table, column or schema that the snapshot has, and the server has no more. */
const CHANGED: ReadonlySet<string> = new Set(['42P01', '42703', '3F000']);

/** Why a reader's psql ended. */
function readerError(exit: ToolExit, piece: Piece | null): PhaseliftError {
  const { code, message, reason, ...details } = exitMessage({ tool: 'psql', ...exit, side: 'source' });
  if (piece === null) {
    const error = noSnapshot(new PhaseliftError(code, message, { ...details, reason }));
    if (error instanceof PhaseliftError) return error;
  }
  const title = piece === null ? null : entryTitle(piece.entry);
  const what = title === null ? 'a reader of the backup could not begin' : `reading ${title} failed`;
  const hint = hintOn(details.sqlState, reason ?? message) ?? details.hint;
  return new PhaseliftError(code, `${what}: ${reason ?? message}`, {
    ...details,
    hint,
    object: title ?? details.object,
  });
}

function hintOn(sqlState: string | undefined, reason: string): Text | undefined {
  if (CHANGED.has(sqlState ?? '')) return 'The table was changed just after the backup had begun: run it again.';
  return adviceOn(reason);
}

/** As `SET client_encoding` of the archive has it. */
function encodingOf(head: ArchiveHead): string {
  const definition = head.entries.find(({ desc }) => desc === 'ENCODING')?.definition ?? '';
  const name = /client_encoding = '([\w-]+)'/.exec(definition)?.[1];
  if (name === undefined) throw new PhaseliftError('INTERNAL', 'the archive names no encoding');
  return name;
}

function report({ readers, tables }: ReadingResult, { map }: ArchiveContents, context: CommandContext): void {
  for (const reader of readers) context.recorder.readerEnded(reader);
  const inPieces: { title: string; pieces: number }[] = [];
  for (const block of map.blocks) {
    const table = tables.get(block.dumpId);
    if (table === undefined) continue;
    const { title, pieces } = table;
    const seconds = (table.endedAtMs - table.startedAtMs) / 1000;
    context.recorder.tableRead({ title, seconds, bytes: block.length, rows: block.rows, pieces });
    if (pieces > 1) inPieces.push({ title, pieces });
  }
  if (inPieces.length === 0) return;
  const largest = inPieces.sort((a, b) => b.pieces - a.pieces).slice(0, NAMED_TABLES);
  const more = inPieces.length - largest.length;
  const names = largest.map(({ title, pieces }) => `${title} (${pieces})`).join(', ');
  const told = `read in pieces: ${names}${more === 0 ? '' : ` and ${plural(more, 'more table')}`}`;
  tellNotes([told], context);
}
