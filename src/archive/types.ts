/** The words of the archive format as values. Source: PostgreSQL's pg_backup_archiver.c and pg_backup_custom.c. */

/** What the header names from 1.15 on; before that it is gzip, or none at level 0. */
export type CompressionAlgorithm = 'none' | 'gzip' | 'lz4' | 'zstd';
/** Which of pg_dump's sections an entry is in; `none` for what follows another object, as a comment does. */
export type Section = 'none' | 'pre-data' | 'data' | 'post-data';

/** What stands before the TOC. */
export interface ArchiveHeader {
  version: { major: number; minor: number; revision: number };
  /** Bytes of an integer, without its sign byte. */
  intSize: number;
  /** Bytes of a file offset, without its flag byte. */
  offSize: number;
  format: 'custom' | 'directory';
  compression: { algorithm: CompressionAlgorithm; /** null where the archive does not say */ level: number | null };
  /** The dumping machine's local time, `YYYY-MM-DDTHH:MM:SS`, without a zone as the archive has none. */
  createdAt: string;
  databaseName: string;
  serverVersion: string;
  dumpVersion: string;
  entryCount: number;
}

/** One object in the archive. Texts are as the archive has them: SQL with its semicolon, names without quotes. */
export interface TocEntry {
  dumpId: number;
  /** True when a data block of this dump id follows the TOC. */
  hasData: boolean;
  tableOid: string;
  oid: string;
  tag: string;
  /** The kind: TABLE, INDEX, FK CONSTRAINT, TABLE DATA … */
  desc: string;
  section: Section;
  definition: string;
  /** `COPY app.t (a, b) FROM stdin;\n`, or empty: without one a block holds SQL statements or large objects. */
  copyStatement: string;
  /** Empty for objects outside of schemas. */
  namespace: string;
  tablespace: string;
  tableAccessMethod: string;
  /** Single letter of pg_class.relkind, from 1.16; else empty. */
  relkind: string;
  owner: string;
  dependencies: readonly number[];
  /** Directory format: the file with the data block, else empty. */
  fileName: string;
  /** Where the entry's bytes stand in the head: [start, end), and the position of its offset flag byte (custom format). */
  start: number;
  end: number;
  offsetFlagAt: number;
}

/** Header and TOC, decoded and as bytes. */
export interface ArchiveHead {
  header: ArchiveHeader;
  /** In TOC order. */
  entries: readonly TocEntry[];
  /** The bytes from the start of the archive to the end of the TOC. */
  bytes: Buffer;
  /** Where the integer count of TOC entries begins, in bytes. */
  entryCountAt: number;
}

/** What is known of text that was compressed. */
export interface RunText {
  bytes: number;
  /** Where the algorithm needs it, and says it for nothing: gzip; else 0. */
  adler32: number;
}

/** A stretch of a block that begins at a row (or large object), with its digest. Segments tile the block without gaps. */
export interface Segment {
  /** Bytes from the start of the archive. The first segment begins with the block's type byte. */
  offset: number;
  length: number;
  /** Complete rows in it (the terminator line is none); null when the contents could not be read. */
  rows: number | null;
  /** SHA-256 over the archive's bytes [offset, offset + length), hex. */
  sha256: string;
  /**
   * Bytes left, at `offset`, of the chunk that the split point is inside of; 0 when `offset` is the start of a chunk's
   * length (or of the block, or of a large object).
   */
  chunkBytesLeft: number;
  /** What it decompresses to, the terminator included: for gzip, where whoever wrote the archive said it. Else absent. */
  text?: RunText | undefined;
}

/** Where the data of one entry stands in the archive, and what is known of it. */
export interface BlockMap {
  dumpId: number;
  kind: 'table' | 'large-objects';
  /** Bytes from the start of the archive to the block's type byte. */
  offset: number;
  /** Bytes from the type byte to the end of the terminating zero length (or zero oid). */
  length: number;
  /** Rows of the COPY data, or large objects; null for lz4, for `--inserts`, and where the contents are not COPY text. */
  rows: number | null;
  segments: Segment[];
}

/** What Phaselift learns while an archive streams past. */
export interface ArchiveMap {
  sizeBytes: number;
  /** The archive's identity, SHA-256 over the digests of head and segments, hex: see archiveIdentity. */
  sha256: string;
  head: { length: number; sha256: string };
  /** In the order of the archive. */
  blocks: BlockMap[];
}

/** What a whole archive has told by the time that its last byte has been seen. */
export interface ArchiveContents {
  head: ArchiveHead;
  map: ArchiveMap;
}
