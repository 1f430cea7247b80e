import { Transform, type TransformCallback } from 'node:stream';
import type { ArchiveMapper } from '../archive/mapper.js';
import type { ArchiveMap } from '../archive/types.js';

const HIGH_WATER_MARK_BYTES = 1024 * 1024;

/**
 * Stands between pg_dump and the upload: hands every byte on unchanged while the mapper reads along. The end of the
 * stream is held back until `beforeEnd` has agreed to it and made the map, for a stream that ends because pg_dump died looks
 * just like one that ended well.
 */
export class BackupStream extends Transform {
  /** The archive map, once the stream has ended well. */
  archiveMap: ArchiveMap | null = null;

  constructor(
    private readonly mapper: ArchiveMapper,
    private readonly beforeEnd: () => Promise<ArchiveMap>,
    private readonly onProgress: () => void,
  ) {
    super({ readableHighWaterMark: HIGH_WATER_MARK_BYTES, writableHighWaterMark: HIGH_WATER_MARK_BYTES });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const mapped = this.mapper.push(chunk);
    const passOn = (): void => {
      this.onProgress();
      done(null, chunk);
    };
    mapped.then(passOn, done);
  }

  override _flush(done: TransformCallback): void {
    this.beforeEnd().then((map) => {
      this.archiveMap = map;
      done();
    }, done);
  }
}
