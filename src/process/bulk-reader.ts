/**
 * Reads what a process writes in few and large reads, straight into memory of the reader's own. A stream makes a buffer for each
 * read instead, which costs three times the processor time by itself, and a copy and the collector on top of it.
 */
import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Readable } from 'node:stream';

/** Where the bytes go, and what is done with them. What its functions throw ends the reading. */
export interface BulkTarget {
  /** Where the next bytes go: at least one byte long. Asked before each read: at the beginning, and right after each `take`. */
  room(): Buffer;
  /** The first `length` bytes of the last room were filled. False: nothing more is read until `resume`. */
  take(length: number): boolean;
}

export interface BulkReading {
  resume(): void;
  /** Fulfilled at the end of the stream, also when it was destroyed; rejects with the stream's error, or what the target threw. */
  readonly ended: Promise<void>;
}

/** As large as reads get: a pipe between processes holds some hundred KiB at most. */
const CHUNK_BYTES = 512 * 1024;

/** Reads `stdout` to its end; nobody else may have read from it. Its process may be stopped at any time. */
export function readInBulk(stdout: Readable, target: BulkTarget): BulkReading {
  const handle = takeHandle(stdout);
  return handle === null ? readByEvents(stdout, target) : readByHandle(stdout, handle, target);
}

/** What is done with a chunk; null: it is done. Else nothing more is read until it is. */
export type ChunkWork = (chunk: Buffer) => Promise<void> | null;

/**
 * The same with one buffer for all: `work` has to be done with the chunk when it returns null, or when its promise is fulfilled;
 * until then nothing more is read. Rejects with what it throws; then `stdout` is destroyed.
 */
export function forEachChunk(stdout: Readable, work: ChunkWork): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(asError(error));
      stdout.destroy();
    };
    const reading = readInBulk(stdout, {
      room: () => buffer,
      take(length) {
        const waiting = work(buffer.subarray(0, length));
        waiting?.then(() => {
          reading.resume();
        }, fail);
        return waiting === null;
      },
    });
    reading.ended.then(resolve, fail);
  });
}

/**
 * The same, begun before anybody wants to read: a process that ends meanwhile would take along what it has written. The first chunk
 * is kept, and the process waits with all others.
 */
export class LateReading {
  private readonly whole: Promise<void>;
  private begin: (work: ChunkWork) => void = () => undefined;

  constructor(stdout: Readable) {
    let work: ChunkWork | null = null;
    const begun = new Promise<ChunkWork>((resolve) => {
      this.begin = resolve;
    });
    this.whole = forEachChunk(stdout, (chunk) => {
      if (work !== null) return work(chunk);
      return begun.then(async (given) => {
        work = given;
        await given(chunk);
      });
    });
    // Whoever reads hears of it.
    this.whole.catch(() => undefined);
  }

  /** To be called once. Rejects as forEachChunk does. */
  async forEachChunk(work: ChunkWork): Promise<void> {
    this.begin(work);
    await this.whole;
  }
}

/**
 * The handle of the operating system behind the stream, taken out of it: two streams with one handle would both close it. It has
 * no public name; where Node should name it otherwise there is none, and the stream is read as streams are.
 */
function takeHandle(stdout: Readable): object | null {
  if (!(stdout instanceof Socket) || stdout.destroyed || stdout.readableFlowing !== null) return null;
  const handle: unknown = Reflect.get(stdout, '_handle');
  if (typeof handle !== 'object' || handle === null || !('readStart' in handle)) return null;
  Reflect.set(stdout, '_handle', null);
  return handle;
}

/** By a socket whose reads go where the target says (`onread` of net.Socket). */
function readByHandle(stdout: Readable, handle: object, target: BulkTarget): BulkReading {
  let failure: unknown = null;
  const fail = (error: unknown): void => {
    failure ??= error;
    socket.destroy();
  };
  // Asked for in the constructor as well, when there is no socket yet to destroy.
  let room = target.room();
  const options: Omit<SocketConstructorOpts, 'handle'> & { handle: object } = {
    handle,
    onread: {
      buffer: () => room,
      callback(length) {
        try {
          const goesOn = target.take(length);
          room = target.room();
          return goesOn;
        } catch (error) {
          fail(error);
          return false;
        }
      },
    },
  };
  const socket = Reflect.construct(Socket, [options]) as Socket;
  socket.on('error', fail);
  // The process has ended for its starter once its own stream is closed, and who stops the process destroys that one.
  stdout.once('close', () => socket.destroy());
  const ended = new Promise<void>((resolve, reject) => {
    socket.once('close', () => {
      stdout.destroy();
      if (failure === null) resolve();
      else reject(asError(failure));
    });
  });
  socket.resume();
  return { resume: () => void socket.resume(), ended };
}

/** By the stream's events: each read is copied once. */
function readByEvents(stdout: Readable, target: BulkTarget): BulkReading {
  let rest: Buffer = Buffer.alloc(0);
  let room = target.room();
  let failure: unknown = null;
  let isClosed = false;
  let settle: { resolve: () => void; reject: (error: Error) => void };
  const ended = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const fail = (error: unknown): void => {
    failure ??= error;
    stdout.destroy();
  };
  /** A stream ends when its last bytes have been emitted, whether it was paused then or not. */
  const finish = (): void => {
    if (!isClosed) return;
    if (failure !== null) settle.reject(asError(failure));
    else if (rest.length === 0 || !stdout.readableEnded) settle.resolve();
  };
  const handOn = (): void => {
    try {
      while (rest.length > 0) {
        const copied = rest.copy(room);
        rest = rest.subarray(copied);
        const goesOn = target.take(copied);
        room = target.room();
        if (!goesOn) {
          stdout.pause();
          return;
        }
      }
      stdout.resume();
    } catch (error) {
      fail(error);
    }
    finish();
  };
  const close = (): void => {
    isClosed = true;
    finish();
  };
  stdout.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!stdout.isPaused()) handOn();
  });
  stdout.on('error', fail);
  stdout.once('close', close);
  if (stdout.closed) close();
  return { resume: handOn, ended };
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(String(failure));
}
