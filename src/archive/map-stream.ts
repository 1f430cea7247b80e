import type { MapperOptions } from './mapper-options.js';
import { ArchiveMapper } from './mapper.js';
import type { ArchiveContents } from './types.js';

/** What of an archive has gone by; rows that cannot be counted are not in it. */
export interface SeenOfArchive {
  bytes: number;
  rows: number;
}

/** Reads an archive to its end and maps it; throws what the mapper throws. `onProgress` is told after each chunk. */
export async function mapStream(
  bytes: AsyncIterable<Buffer>,
  onProgress: (seen: SeenOfArchive) => void,
  options: MapperOptions = {},
): Promise<ArchiveContents> {
  const mapper = new ArchiveMapper(options);
  for await (const chunk of bytes) {
    const waiting = mapper.pushAtOnce(chunk);
    if (waiting !== null) await waiting;
    onProgress({ bytes: mapper.bytesSeen, rows: mapper.rowsSeen });
  }
  return mapper.end();
}
