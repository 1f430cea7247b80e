import { blockHeader } from '../archive/block-header.js';
import { TERMINATOR } from '../archive/copy-tail.js';
import { encodeInt } from '../archive/integers.js';
import type { ArchiveMapper } from '../archive/mapper.js';
import type { ArchiveHead, TocEntry } from '../archive/types.js';
import type { ByteSink } from '../store/archive-writer.js';

/** Small writes are gathered up to this. */
const GATHERED_BYTES = 64 * 1024;

/**
 * Writes an uncompressed archive in custom format into a sink, as pg_dump would but for the size of chunks; the mapper reads along.
 * Source: pg_backup_custom.c.
 */
export class ArchiveComposer {
  private readonly gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES);
  private gatheredBytes = 0;

  constructor(
    private readonly head: ArchiveHead,
    private readonly mapper: ArchiveMapper,
    private readonly sink: ByteSink,
  ) {}

  async begin(): Promise<void> {
    await this.write(this.head.bytes);
  }

  async beginTable({ dumpId }: TocEntry): Promise<void> {
    await this.write(blockHeader('table', dumpId, this.intSize));
  }

  /** The next bytes of the table's rows, in the archive's encoding; they may end anywhere in a row. */
  async rows(bytes: Buffer): Promise<void> {
    await this.write(encodeInt(bytes.length, this.intSize));
    await this.write(bytes);
  }

  async endTable(): Promise<void> {
    await this.rows(TERMINATOR);
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
