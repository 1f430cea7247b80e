import { PhaseliftError } from '../foundation/errors.js';
import type { ByteReader } from './byte-reader.js';
import { KNOWN_INT_SIZES } from './integers.js';
import type { ArchiveHeader, CompressionAlgorithm } from './types.js';

/** The first five bytes of every archive. */
export const MAGIC = Buffer.from('PGDMP', 'latin1');

const KNOWN_MINORS: readonly number[] = [14, 15, 16];
const KNOWN_OFFSET_SIZES: readonly number[] = [4, 8];
/** In the order of pg_compress_algorithm, compression.h. */
const ALGORITHMS: readonly CompressionAlgorithm[] = ['none', 'gzip', 'lz4', 'zstd'];

/**
 * Reads the header from the start of the archive, up to but not including the count of TOC entries, and tells the reader
 * the size of integers. Throws ARCHIVE_FORMAT for versions, sizes and formats that are not known; ShortRead when more
 * bytes are needed: then call it again from the start. Source: ReadHead of pg_backup_archiver.c.
 */
export function readHeader(reader: ByteReader): Omit<ArchiveHeader, 'entryCount'> {
  reader.position = 0;
  reader.context = ' of the header';
  reader.skip(MAGIC.length, 'the magic');
  const version = readVersion(reader);
  const intSize = oneOf(reader, 'the size of integers', KNOWN_INT_SIZES);
  reader.intSize = intSize;
  const offSize = oneOf(reader, 'the size of offsets', KNOWN_OFFSET_SIZES);
  const format = oneOf(reader, 'the format', [1, 3]) === 1 ? 'custom' : 'directory';
  const compression = version.minor >= 15 ? readAlgorithm(reader) : readGzipLevel(reader);
  return {
    version,
    intSize,
    offSize,
    format,
    compression,
    createdAt: readCreatedAt(reader),
    databaseName: reader.string('the database name') ?? '',
    serverVersion: reader.string('the server version') ?? '',
    dumpVersion: reader.string('the pg_dump version') ?? '',
  };
}

function readVersion(reader: ByteReader): ArchiveHeader['version'] {
  const major = reader.byte('the version');
  const minor = reader.byte('the version');
  const revision = reader.byte('the version');
  if (major === 1 && KNOWN_MINORS.includes(minor) && revision === 0) return { major, minor, revision };
  const newer = major > 1 || (major === 1 && minor > 16);
  throw new PhaseliftError(
    'ARCHIVE_FORMAT',
    `The archive has version ${major}.${minor}-${revision}; known are 1.14, 1.15 and 1.16 (pg_dump of PostgreSQL 12 to 19)`,
    {
      hint: newer
        ? 'Use a Phaselift release that knows this version, or restore with pg_restore of the PostgreSQL that made it.'
        : 'Make the archive with pg_dump 12 or newer.',
    },
  );
}

function oneOf(reader: ByteReader, field: string, known: readonly number[]): number {
  const found = reader.byte(field);
  if (known.includes(found)) return found;
  throw reader.refuse(field, `found ${found}, known ${known.join(' and ')}`, reader.position - 1);
}

function readAlgorithm(reader: ByteReader): ArchiveHeader['compression'] {
  const found = reader.byte('the compression');
  const algorithm = ALGORITHMS[found];
  if (algorithm !== undefined) return { algorithm, level: null };
  throw reader.refuse('the compression', `unknown algorithm ${found}, known 0 to 3`, reader.position - 1);
}

/** Before 1.15: zlib's level, where 0 is no compression and -1 zlib's default. */
function readGzipLevel(reader: ByteReader): ArchiveHeader['compression'] {
  const level = reader.int('the compression level', -1);
  if (level > 9) throw reader.refuse('the compression level', `level ${level}, known -1 to 9`);
  return level === 0 ? { algorithm: 'none', level: null } : { algorithm: 'gzip', level: level === -1 ? null : level };
}

/** The fields of C's `struct tm`, seconds first. */
function readCreatedAt(reader: ByteReader): string {
  const part = (field: string, least: number, most: number): number => {
    const value = reader.int(field, least);
    if (value <= most) return value;
    throw reader.refuse(field, `the number ${value}`);
  };
  const second = part('the second of creation', 0, 60);
  const minute = part('the minute of creation', 0, 59);
  const hour = part('the hour of creation', 0, 23);
  const day = part('the day of creation', 1, 31);
  const month = part('the month of creation', 0, 11) + 1;
  const year = part('the year of creation', 0, 8099) + 1900;
  part('the daylight saving of creation', -1, 1);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}
