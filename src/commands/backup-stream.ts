import { Transform, type TransformCallback } from 'node:stream';
import type { ArchiveMapper } from '../archive/mapper.js';
import type { ArchiveContents } from '../archive/types.js';

const HIGH_WATER_MARK_BYTES = 1024 * 1024;

/**
 * Stands between pg_dump and the upload: hands every byte on unchanged while the mapper reads along. The end of the
 * stream is held back until `beforeEnd` has agreed to it and ended the map, for a stream that ends because pg_dump died looks
 * just like one that ended well.
 */
export class BackupStream extends Transform {
  /** What there is in the archive, once the stream has ended well. */
  contents: ArchiveContents | null = null;

  constructor(
    private readonly mapper: ArchiveMapper,
    private readonly beforeEnd: () => Promise<ArchiveContents>,
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
    this.beforeEnd().then((contents) => {
      this.contents = contents;
      done();
    }, done);
  }
}
