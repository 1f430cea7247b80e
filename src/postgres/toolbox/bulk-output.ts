import type { Tool } from '../toolbox.js';

/**
 * pg_dump and pg_restore write to a pipe in blocks of 4 KiB (the C library's default), each a switch between processes: a
 * reader then spends more on waking up than on the data. Where coreutils' `stdbuf` is there they write 1 MiB at a time,
 * which halved the processor time of reading a dump (docs/adr/0006-output-in-large-blocks.md). Without it all works the same.
 */
const WRITES_DATA: ReadonlySet<Tool> = new Set<Tool>(['pg_dump', 'pg_restore']);

/** The command to run (`writesMuch`: also psql's), with `stdbuf` in front where it is of use; `stdbuf` is its path, or empty. It execs: the pid stays. */
export function withBulkOutput(
  stdbuf: string,
  tool: Tool,
  command: readonly [string, ...string[]],
  writesMuch = false,
): [string, ...string[]] {
  return stdbuf !== '' && (writesMuch || WRITES_DATA.has(tool)) ? [stdbuf, '--output=1M', ...command] : [...command];
}
