import { decoderFor, type DecodeText } from '../archive/text-encoding.js';
import type { ArchiveHead, ArchiveMap, BlockMap, TocEntry } from '../archive/types.js';

/** Where a restore gets its bytes: the archive's head in memory, its map, and its body by ranged reads. */
export interface ArchiveAccess {
  /** For messages. */
  uri: string;
  head: ArchiveHead;
  map: Pick<ArchiveMap, 'blocks'>;
  /** The bytes [offset, offset + length) of the archive. */
  read: (range: { offset: number; length: number; signal: AbortSignal }) => AsyncIterable<Buffer>;
}

/** The archive that a restore works from. Entries and blocks are found by dump id: there may be thousands, asked for by each unit. */
export class OpenArchive {
  readonly uri: string;
  readonly head: ArchiveHead;
  readonly read: ArchiveAccess['read'];
  /** Reads text in the encoding of the archive. */
  readonly decodeText: DecodeText;
  private readonly entries: ReadonlyMap<number, TocEntry>;
  private readonly blocks: ReadonlyMap<number, BlockMap>;

  constructor({ uri, head, map, read }: ArchiveAccess) {
    this.uri = uri;
    this.head = head;
    this.read = read;
    this.decodeText = decoderFor(head.entries.find(({ desc }) => desc === 'ENCODING')?.definition ?? '');
    this.entries = new Map(head.entries.map((entry) => [entry.dumpId, entry]));
    this.blocks = new Map(map.blocks.map((block) => [block.dumpId, block]));
  }

  entry(dumpId: number): TocEntry | undefined {
    return this.entries.get(dumpId);
  }

  block(dumpId: number): BlockMap | undefined {
    return this.blocks.get(dumpId);
  }
}
