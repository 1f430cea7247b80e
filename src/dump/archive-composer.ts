import { blockHeader } from '../archive/block-header.js';
import type { CompressedRun } from '../archive/compress-run.js';
import { TERMINATOR } from '../archive/copy-tail.js';
import { encodeInt } from '../archive/integers.js';
import type { ArchiveMapper } from '../archive/mapper.js';
import { joinedText, NO_TEXT, runFraming, TERMINATOR_TEXT, type RunFraming } from '../archive/run-framing.js';
import type { ToldRun } from '../archive/told-rows.js';
import type { ArchiveHead, RunText, TocEntry } from '../archive/types.js';
import type { ByteSink } from '../store/archive-writer.js';

/** Small writes are gathered up to this. */
const GATHERED_BYTES = 64 * 1024;

/** A compressed run of a table, and what is in it. */
export interface ComposedRun extends CompressedRun {
  rows: number;
  /** It ends with a whole row, so that a segment may end behind it. */
  endsRow: boolean;
}

/**
 * Writes an archive in custom format into a sink, as pg_dump would but for the size of chunks; the mapper reads along, and is told of
 * runs. Source: pg_backup_custom.c.
 */
export class ArchiveComposer {
  private readonly gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES);
  private gatheredBytes = 0;
  private readonly framing: RunFraming | null;
  /** Of the table that is being written, as far as it was compressed. */
  private text: RunText = NO_TEXT;
  /** Text of the segment. */
  private segmentText = 0;
  private mayCut = false;

  /** `segmentBytes` of text make a segment where rows are compressed. */
  constructor(
    private readonly head: ArchiveHead,
    private readonly mapper: ArchiveMapper,
    private readonly sink: ByteSink,
    private readonly segmentBytes: number,
  ) {
    this.framing = runFraming(head.header.compression.algorithm);
  }

  async begin(): Promise<void> {
    this.mapper.begin(this.head);
    const written = this.sink.write(this.head.bytes);
    if (written !== null) await written;
  }

  async beginTable({ dumpId }: TocEntry): Promise<void> {
    await this.write(blockHeader('table', dumpId, this.intSize));
    this.text = NO_TEXT;
    this.segmentText = 0;
    this.mayCut = false;
    if (this.framing?.prefix) await this.chunk(this.framing.prefix);
  }

  /** The next bytes of the table's rows, in the archive's encoding; they may end anywhere in a row. */
  async rows(bytes: Buffer): Promise<void> {
    await this.chunk(bytes);
  }

  /** The next rows of the table, where rows are compressed. */
  async run({ bytes, text, rows, endsRow }: ComposedRun): Promise<void> {
    if (this.mayCut && this.segmentText >= this.segmentBytes) {
      await this.flush();
      this.mapper.endSegment();
      this.segmentText = 0;
    }
    await this.toldChunk(bytes, { rows, text });
    this.mayCut = endsRow;
  }

  async endTable(): Promise<void> {
    const { framing } = this;
    if (framing === null) {
      await this.chunk(TERMINATOR);
    } else {
      await this.toldChunk(framing.terminator, { rows: 0, text: TERMINATOR_TEXT });
      const suffix = framing.suffix(this.text);
      if (suffix !== null) await this.chunk(suffix);
    }
    await this.write(encodeInt(0, this.intSize));
  }

  /** Bytes of the archive as pg_dump wrote them: whole blocks. */
  async raw(bytes: Buffer): Promise<void> {
    await this.write(bytes);
  }

  /** All has been written: nothing stays behind. */
  async end(): Promise<void> {
    await this.flush();
  }

  private get intSize(): number {
    return this.head.header.intSize;
  }

  private async toldChunk(bytes: Buffer, told: ToldRun): Promise<void> {
    await this.chunk(bytes);
    // The mapper is told of what it has seen.
    await this.flush();
    this.mapper.tell(told);
    this.text = joinedText(this.text, told.text);
    this.segmentText += told.text.bytes;
  }

  private async chunk(bytes: Buffer): Promise<void> {
    await this.write(encodeInt(bytes.length, this.intSize));
    await this.write(bytes);
  }

  private async write(bytes: Buffer): Promise<void> {
    if (this.gatheredBytes + bytes.length > GATHERED_BYTES) await this.flush();
    if (bytes.length > GATHERED_BYTES) {
      await this.pass(bytes);
      return;
    }
    bytes.copy(this.gathered, this.gatheredBytes);
    this.gatheredBytes += bytes.length;
  }

  private async flush(): Promise<void> {
    const bytes = this.gathered.subarray(0, this.gatheredBytes);
    this.gatheredBytes = 0;
    if (bytes.length > 0) await this.pass(bytes);
  }

  private async pass(bytes: Buffer): Promise<void> {
    const mapped = this.mapper.pushAtOnce(bytes);
    if (mapped !== null) await mapped;
    const written = this.sink.write(bytes);
    if (written !== null) await written;
  }
}
