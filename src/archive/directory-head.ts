/**
 * The head of a directory archive (`toc.dat`) rewritten as the head of an archive in custom format, byte for byte but for
 * the format, the compression, and each entry's file name, which gives way to an offset. Source: pg_backup_directory.c and
 * pg_backup_custom.c, the functions _WriteExtraToc.
 */
import { PhaseliftError } from '../foundation/errors.js';
import { formatError } from './archive-errors.js';
import { entryName } from './entry-title.js';
import { parseHead } from './head.js';
import { encodeInt } from './integers.js';
import type { ArchiveHead, BlockMap, TocEntry } from './types.js';

/** Of a directory archive: header and TOC. pg_dump writes it last. */
export const TOC_FILE = 'toc.dat';

/** Where the header has its format, and behind it the compression: magic, three bytes of version, two sizes. */
const FORMAT_AT = 10;
const CUSTOM_FORMAT = 1;
/** Archives since this minor version name the algorithm of their compression, in one byte; before there was zlib's level. */
const ALGORITHM_SINCE_MINOR = 15;
const LZ4 = 2;

/** K_OFFSET_POS_NOT_SET and K_OFFSET_NO_DATA of pg_backup_archiver.h. */
const POSITION_NOT_SET = 1;
const NO_DATA = 3;

/** All names that pg_dump gives: they never lead out of the directory. Without the ending of a compressed file. */
const DATA_FILE = /^\d{1,10}\.dat$/;
const LARGE_OBJECT_LIST = /^blobs(?:_\d{1,10})?\.toc$/;

/** A TOC entry with data, and the file that holds it: COPY text or statements, or a list of large objects. */
export interface DirectoryEntry {
  entry: TocEntry;
  kind: BlockMap['kind'];
  file: string;
}

/** The entries with data in TOC order. Throws ARCHIVE_FORMAT for names of files that pg_dump does not give. */
export function entriesWithFiles({ entries, header }: ArchiveHead): DirectoryEntry[] {
  if (header.format !== 'directory') throw formatError(FORMAT_AT, 'the header', 'an archive in custom format');
  return entries
    .filter((entry) => entry.hasData)
    .map((entry) => {
      const kind = entry.desc === 'BLOBS' ? 'large-objects' : 'table';
      const known = kind === 'table' ? DATA_FILE : LARGE_OBJECT_LIST;
      if (!known.test(entry.fileName)) throw strangeName(entry);
      return { entry, kind, file: entry.fileName };
    });
}

function strangeName(entry: TocEntry): PhaseliftError {
  const object = entryName(entry);
  return new PhaseliftError(
    'ARCHIVE_FORMAT',
    `the archive is damaged or was tampered with: the data of ${object} is said to be in the file ${JSON.stringify(entry.fileName)}, a name that pg_dump does not give`,
    { object, hint: 'Do not restore it; take another backup.' },
  );
}

/**
 * The head in custom format of what `toc.dat` holds. `algorithm` is that of the blocks: files that are passed on as they are
 * are lz4, all others are decompressed. Throws ARCHIVE_FORMAT for lz4 in an archive that is too old for it.
 */
export function customHead(toc: ArchiveHead, algorithm: 'none' | 'lz4'): ArchiveHead {
  const { bytes, header, entries, entryCountAt } = toc;
  const start = Buffer.from(bytes.subarray(0, entryCountAt + 1 + header.intSize));
  start[FORMAT_AT] = CUSTOM_FORMAT;
  if (header.version.minor >= ALGORITHM_SINCE_MINOR) {
    start[FORMAT_AT + 1] = algorithm === 'lz4' ? LZ4 : 0;
  } else {
    if (algorithm === 'lz4')
      throw formatError(FORMAT_AT, 'the header', 'files in lz4, of which pg_dump 16 was the first,');
    encodeInt(0, header.intSize).copy(start, FORMAT_AT + 1);
  }
  return parseHead(Buffer.concat([start, ...entries.flatMap((entry) => withOffset(bytes, entry, header))]));
}

function withOffset(bytes: Buffer, entry: TocEntry, { intSize, offSize }: ArchiveHead['header']): Buffer[] {
  const offset = Buffer.alloc(1 + offSize);
  offset[0] = entry.hasData ? POSITION_NOT_SET : NO_DATA;
  // The name of a file is all ASCII where there is data; elsewhere it is empty, or null, which is as long.
  if (!entry.hasData && entry.fileName !== '') throw strangeName(entry);
  const nameBytes = 1 + intSize + entry.fileName.length;
  return [bytes.subarray(entry.start, entry.end - nameBytes), offset];
}
