import { PhaseliftError } from '../foundation/errors.js';
import type { ArchiveWriter } from '../store/archive-writer.js';
import type { BegunDump } from './begun-dump.js';
import type { CommandContext } from './context.js';
import { dumpIntoDirectory } from './directory-dump.js';
import type { Dump, DumpedArchive } from './dump.js';
import { dumpByReaders } from './readers-dump.js';
import { dumpAsStream } from './streamed-dump.js';

/**
 * Runs pg_dump in the way that the writer takes archives; where it takes bytes, one has begun. Comes back with an archive that is
 * complete, or throws.
 */
export function dumpInto(
  { entrance }: ArchiveWriter,
  dump: Dump,
  begun: BegunDump | null,
  context: CommandContext,
): Promise<DumpedArchive> {
  if (entrance.kind === 'directory') return dumpIntoDirectory(dump, entrance, context);
  if (begun === null) throw new PhaseliftError('INTERNAL', 'pg_dump has not begun');
  const { holder } = begun;
  if (holder === null || dump.readers === 1) return dumpAsStream(dump, begun, entrance, context);
  return dumpByReaders(dump, begun, holder, entrance, context);
}
