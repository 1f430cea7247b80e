import type { ArchiveWriter } from '../store/archive-writer.js';
import type { CommandContext } from './context.js';
import { dumpIntoDirectory } from './directory-dump.js';
import type { Dump, DumpedArchive } from './dump.js';
import { dumpByReaders } from './readers-dump.js';
import { dumpAsStream } from './streamed-dump.js';

/** Runs pg_dump in the way that the writer takes archives. Comes back with one that is complete, or throws. */
export function dumpInto({ entrance }: ArchiveWriter, dump: Dump, context: CommandContext): Promise<DumpedArchive> {
  if (entrance.kind === 'directory') return dumpIntoDirectory(dump, entrance, context);
  return dump.readers > 1 ? dumpByReaders(dump, entrance, context) : dumpAsStream(dump, entrance, context);
}
