import { DigestCheck, digestedRanges, type DigestedRange } from '../archive/digest-check.js';
import type { SeenOfArchive } from '../archive/map-stream.js';
import { ArchiveMapper } from '../archive/mapper.js';
import type { ArchiveHead, ArchiveMap } from '../archive/types.js';
import type { RunningTool, ToolExit } from '../postgres/toolbox.js';

/** What one reading of a whole archive has shown. */
export interface ArchiveReading {
  bytesRead: number;
  /** What the archive is by itself; null when it cannot be mapped. */
  map: ArchiveMap | null;
  head: ArchiveHead | null;
  /** Why it cannot be mapped. */
  structureFault: unknown;
  /** Ranges whose bytes differ from the expected map's digests, in order. */
  different: readonly DigestedRange[];
  /** How pg_restore ended. */
  exit: ToolExit;
}

export interface ReadingOptions {
  bytes: AsyncIterable<Buffer>;
  /** The manifest's map; null when there is no manifest. Then a fault of the structure ends the reading. */
  expected: ArchiveMap | null;
  /** pg_restore, waiting for the archive on its stdin. */
  tool: RunningTool;
  onProgress: (seen: SeenOfArchive) => void;
}

/**
 * Reads an archive once: every byte goes through the digests, through the mapper, and to pg_restore, as fast as the slowest of
 * them takes it. A fault that one of them finds does not keep the others from their work: together they say more.
 */
export async function readArchive({ bytes, expected, tool, onProgress }: ReadingOptions): Promise<ArchiveReading> {
  // The digests that count are those of the manifest.
  const mapper = new ArchiveMapper({ isDigested: false });
  const digests = new DigestCheck(expected === null ? [] : digestedRanges(expected));
  let structureFault: unknown = null;
  let bytesRead = 0;
  const mapping = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (expected === null) throw error;
      structureFault ??= error;
    }
  };
  // With --file it has nothing to say there.
  tool.stdout.resume();
  for await (const chunk of bytes) {
    digests.push(chunk);
    if (structureFault === null) await mapping(mapper.push(chunk));
    await feed(tool, chunk);
    bytesRead += chunk.length;
    onProgress({ bytes: bytesRead, rows: mapper.rowsSeen });
  }
  let map: ArchiveMap | null = null;
  if (structureFault === null) await mapping(mapper.end().then((contents) => (map = contents.map)));
  tool.stdin.end();
  const exit = await tool.exited;
  return { bytesRead, map, head: mapper.head, structureFault, different: digests.different, exit };
}

/** Waits while the tool has enough. One that has ended is told nothing more: its exit says why. */
async function feed({ stdin }: RunningTool, chunk: Buffer): Promise<void> {
  if (stdin.destroyed || stdin.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stdin.off('drain', done).off('close', done);
      resolve();
    };
    stdin.on('drain', done).on('close', done);
  });
}
