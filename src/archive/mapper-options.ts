/** How an archive is mapped. */
export interface MapperOptions {
  /** A segment ends at the first row boundary at or behind this many bytes; at least 1. */
  segmentBytes?: number;
  /** Dump ids of blocks that are one segment whatever their size, as they can only be read from their start. */
  wholeBlocks?: ReadonlySet<number>;
  /** Rows of compressed tables are told by whoever writes the archive, and where segments end: see ArchiveMapper.tell. */
  isTold?: boolean;
  /** False: the map's digests stay empty, for who compares the bytes with those of another map. */
  isDigested?: boolean;
}
