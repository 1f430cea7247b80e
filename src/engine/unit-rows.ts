import { randomBytes } from 'node:crypto';
import { blockText, hasReadableText } from '../archive/block-text.js';
import { isPlainCopy } from '../archive/entry-sql.js';
import { entryTitle } from '../archive/entry-title.js';
import type { TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import type { Unit } from '../plan/unit.js';
import type { OpenArchive } from './open-archive.js';
import { unitBlocks } from './unit-archive.js';

const ENCODING = /^SET client_encoding = '[\w-]+';\n$/;
const END_OF_ROWS = Buffer.from('\\.\n', 'latin1');

/**
 * Whether the rows of a unit can go to psql as the archive has them, without a pg_restore: COPY text of the known form, whose
 * statement was read without loss.
 */
export function goesAsRows(archive: OpenArchive, unit: Unit): boolean {
  if (unit.kind !== 'table-data' || !hasReadableText(archive.head.header)) return false;
  if (!ENCODING.test(encodingOf(archive))) return false;
  const isUtf8 = encodingOf(archive).includes("'UTF8'");
  return unit.dumpIds.every((dumpId) => {
    const entry = archive.entry(dumpId);
    return entry !== undefined && isPlainCopy(entry) && isExact(entry.copyStatement, isUtf8);
  });
}

/**
 * The text of a unit for psql: settings, as pg_restore writes them ahead of rows, then for each slice the TOC's COPY statement and its rows.
 * `isFenced`: psql knows `\restrict`. Throws what reading the archive throws; rows are never followed by anything but their end.
 */
export async function* unitRows(
  archive: OpenArchive,
  unit: Unit,
  isFenced: boolean,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const key = randomBytes(16).toString('hex');
  yield Buffer.from(`${settings(archive)}${isFenced ? `\\restrict ${key}\n` : ''}`);
  for await (const { dumpId, block } of unitBlocks(archive, unit, signal, onBytes)) {
    const entry = entryOf(archive, dumpId);
    yield Buffer.from(entry.copyStatement);
    yield* blockText(archive.head.header, entryTitle(entry), block);
    yield END_OF_ROWS;
  }
  if (isFenced) yield Buffer.from(`\\unrestrict ${key}\n`);
}

/** What of pg_restore's own settings counts for rows: others are the session's. Source: _doSetFixedOutputState of pg_backup_archiver.c. */
function settings(archive: OpenArchive): string {
  return [
    encodingOf(archive).trimEnd(),
    'SET standard_conforming_strings = on;',
    'SET check_function_bodies = false;',
    'SET xmloption = content;',
    'SET client_min_messages = warning;',
    'SET row_security = off;',
    '',
  ].join('\n');
}

function encodingOf({ head }: OpenArchive): string {
  return head.entries.find(({ desc }) => desc === 'ENCODING')?.definition ?? '';
}

/** Its bytes are those of the archive: it was decoded without loss, and is sent in UTF-8. */
function isExact(text: string, isUtf8: boolean): boolean {
  // eslint-disable-next-line no-control-regex -- ASCII, all of it
  return isUtf8 ? !text.includes('\ufffd') : /^[\x00-\x7f]*$/.test(text);
}

function entryOf(archive: OpenArchive, dumpId: number): TocEntry {
  const entry = archive.entry(dumpId);
  if (entry === undefined) throw new PhaseliftError('INTERNAL', `the archive has no entry ${dumpId}`);
  return entry;
}
