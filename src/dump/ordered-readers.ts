import { entryTitle } from '../archive/entry-title.js';
import type { TocEntry } from '../archive/types.js';
import type { ArchiveComposer } from './archive-composer.js';
import { BlockPool } from './block-pool.js';
import { Handover, type Handed } from './handover.js';
import type { Assignment, Piece, Stretch } from './pieces.js';
import { Reader, type ReaderKit } from './reader.js';
import { RowPacker } from './row-packer.js';

const MIB = 1024 * 1024;
/** Blocks of rows for each reader, those that it reads into among them. Of compressed rows a block is a run, which stays beside it. */
const BLOCKS = { plain: { count: 28, bytes: MIB }, compressed: { count: 6, bytes: 2 * MIB } };
/** For each reader, assignments that are read or wait to be written. */
const WINDOW = 2;

/** So many reads of the holder's, of 64 KiB each, wait for the writer. */
const HELD_ITEMS = 64;

function nothing(): void {
  // The collector frees what the holder has read.
}

/** How a table was read. */
export interface TableReading {
  dumpId: number;
  title: string;
  pieces: number;
  startedAtMs: number;
  endedAtMs: number;
}

/** What a reader did. */
export interface ReaderReport {
  /** From 1 on. */
  number: number;
  startedAtMs: number;
  endedAtMs: number;
  /** Of rows, as COPY text. */
  bytes: number;
  /** Whose reading it began. */
  tables: number;
}

export interface ReadingOptions {
  stretches: readonly Stretch[];
  /** At least 1. */
  readers: number;
  kit: Omit<ReaderKit, 'pool'>;
  composer: ArchiveComposer;
  /** Writes the blocks of these entries, which pg_dump has to make. */
  writeLargeObjects: (entries: readonly TocEntry[]) => Promise<void>;
  /** Reads what no reader can lock: SnapshotHolder.read. */
  readHeld: (pieces: Assignment, hand: (rows: Buffer) => Promise<void>, ended: (piece: Piece) => void) => Promise<void>;
  signal: AbortSignal;
}

export interface ReadingResult {
  readers: ReaderReport[];
  tables: Map<number, TableReading>;
}

/** Readers work ahead inside of a bounded window; one writer puts what they read into the archive's order. */
export class OrderedReaders {
  private readonly pool: BlockPool;
  private readonly count: number;
  private readonly assignments: { pieces: Assignment; handover: Handover }[] = [];
  private readonly crew: Reader[] = [];
  private readonly stopped = new AbortController();
  private readonly tables = new Map<number, TableReading>();
  private readonly reports: ReaderReport[] = [];
  private begun = 0;
  private written = 0;
  private wakers: (() => void)[] = [];
  /** What went wrong first; what fails after it is its consequence. */
  private failure: { error: unknown } | null = null;

  constructor(private readonly options: ReadingOptions) {
    for (const stretch of options.stretches) {
      if (stretch.kind === 'read') this.assignments.push({ pieces: stretch.pieces, handover: new Handover() });
    }
    this.count = Math.max(1, Math.min(options.readers, this.assignments.length));
    const { count, bytes } = BLOCKS[options.kit.codec === null ? 'plain' : 'compressed'];
    this.pool = new BlockPool(this.count * count, bytes);
  }

  /** Comes back when everything has been written; throws the first failure, when no session is left. */
  async run(): Promise<ReadingResult> {
    const { signal } = this.options;
    const stop = (): void => {
      this.fail(signal.reason);
    };
    signal.addEventListener('abort', stop);
    try {
      signal.throwIfAborted();
      const work = [this.write(), ...Array.from({ length: this.count }, (_, number) => this.work(number + 1))];
      const guarded = work.map((task) =>
        task.catch((error: unknown) => {
          this.fail(error);
        }),
      );
      await Promise.all(guarded);
      if (this.failure !== null) throw this.failure.error;
    } finally {
      signal.removeEventListener('abort', stop);
      await Promise.all(this.crew.map((reader) => reader.kill()));
    }
    return { readers: this.reports, tables: this.tables };
  }

  private fail(error: unknown): void {
    if (this.failure !== null) return;
    this.failure = { error };
    this.stopped.abort(error);
    for (const { handover } of this.assignments) handover.fail(error);
    for (const reader of this.crew) void reader.kill();
    this.wake();
  }

  /** One reader, from its connection to its end. */
  private async work(number: number): Promise<void> {
    const startedAtMs = Date.now();
    if (this.assignments.length === 0) return;
    const [first, second] = [this.pool.tryTake(), this.pool.tryTake()];
    if (first === null || second === null) throw new Error('there are fewer blocks than readers need');
    const reader = new Reader({ ...this.options.kit, pool: this.pool }, [first, second]);
    this.crew.push(reader);
    await this.whileGoing(reader.open());
    let tables = 0;
    for (;;) {
      const order = await this.nextOrder();
      const assignment = order === null ? undefined : this.assignments[order];
      if (order === null || assignment === undefined) break;
      const isRead = await this.whileGoing(reader.read(assignment.pieces, order, assignment.handover));
      if (!isRead) assignment.handover.push({ kind: 'held' });
      tables += assignment.pieces.filter(({ isFirst }) => isFirst).length;
    }
    await this.whileGoing(reader.close());
    this.reports.push({ number, startedAtMs, endedAtMs: Date.now(), bytes: reader.bytesRead, tables });
  }

  /** Leaves an assignment to the session that has the locks. Its rows are copied, as many as the writer takes. */
  private readHeld(pieces: Assignment, handover: Handover): void {
    const packer = new RowPacker(this.options.kit.codec);
    let startedAtMs = Date.now();
    const hand = async (rows: Buffer): Promise<void> => {
      await handover.room(HELD_ITEMS);
      handover.push(packer.pack(rows, nothing));
    };
    const ended = (piece: Piece): void => {
      const endedAtMs = Date.now();
      handover.push({ kind: 'end', piece, startedAtMs, endedAtMs });
      startedAtMs = endedAtMs;
    };
    this.options.readHeld(pieces, hand, ended).then(
      () => {
        handover.close();
      },
      (error: unknown) => {
        this.fail(error);
      },
    );
  }

  /** The work of a session that is killed may never end by itself. */
  private whileGoing<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.stopped;
    return new Promise<T>((resolve, reject) => {
      const stop = (): void => {
        reject(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      work.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', stop);
      });
    });
  }

  /** The number of the next assignment, as soon as the window has room for it; null when there is none. */
  private async nextOrder(): Promise<number | null> {
    for (;;) {
      this.stopped.signal.throwIfAborted();
      if (this.begun === this.assignments.length) return null;
      if (this.begun < this.written + this.count * WINDOW) return this.begun++;
      await new Promise<void>((resolve) => this.wakers.push(resolve));
    }
  }

  private wake(): void {
    for (const waker of this.wakers.splice(0)) waker();
  }

  private async write(): Promise<void> {
    const { composer, stretches, writeLargeObjects } = this.options;
    await composer.begin();
    for (const stretch of stretches) {
      if (stretch.kind === 'large-objects') await writeLargeObjects(stretch.entries);
      else await this.writeNext(stretch.pieces);
    }
    await composer.end();
  }

  private async writeNext(pieces: Assignment): Promise<void> {
    const { composer } = this.options;
    const handover = this.assignments[this.written]?.handover ?? new Handover();
    let at = 0;
    let isBegun = false;
    for (let item = await handover.take(); item !== null; item = await handover.take()) {
      const piece = pieces[at];
      if (piece !== undefined && piece.isFirst && !isBegun) await composer.beginTable(piece.entry);
      isBegun = true;
      if (item.kind === 'rows') {
        await composer.rows(item.bytes);
        item.release();
      } else if (item.kind === 'run') {
        await composer.run(await item.run);
        item.release();
      } else if (item.kind === 'held') {
        this.readHeld(pieces, handover);
      } else {
        if (item.piece.isLast) await composer.endTable();
        this.note(item);
        at += 1;
        isBegun = false;
      }
    }
    this.assignments[this.written] = { pieces: [], handover: new Handover() };
    this.written += 1;
    this.wake();
  }

  private note({ piece: { entry }, startedAtMs, endedAtMs }: Extract<Handed, { kind: 'end' }>): void {
    const known = this.tables.get(entry.dumpId);
    const reading = known ?? { dumpId: entry.dumpId, title: entryTitle(entry), pieces: 0, startedAtMs, endedAtMs };
    reading.pieces += 1;
    reading.startedAtMs = Math.min(reading.startedAtMs, startedAtMs);
    reading.endedAtMs = Math.max(reading.endedAtMs, endedAtMs);
    this.tables.set(entry.dumpId, reading);
  }
}
