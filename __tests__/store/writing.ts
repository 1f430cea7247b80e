import type { Readable } from 'node:stream';
import type { Produce } from '../../src/store/archive-writer.js';

/** Writes what a stream has, chunk by chunk. The stream is at its end, or destroyed, when it has been written. */
export function writing(body: Readable): Produce {
  return async (sink, signal) => {
    const stop = (): void => {
      body.destroy(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const written = sink.write(chunk);
      if (written !== null) await written;
    }
  };
}
