import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Transform, type TransformCallback } from 'node:stream';

/** What is to be done to one request. */
export interface Meddling {
  /** Answer with this status, and this body, instead of asking the server. */
  status?: number;
  body?: string;
  /** Cut the connection after this many bytes of the answer's body; 0 is before any of it. */
  cutAfterBytes?: number;
  /** Change the first byte of the request's body. */
  changeBody?: boolean;
  /** Change these headers of the request. */
  changeHeaders?: Readonly<Record<string, string>>;
  /** Ask the server, then cut the connection without an answer. */
  loseAnswer?: boolean;
  /** Cut the connection after this many bytes of the request's body. */
  cutRequestAfterBytes?: number;
  /** Both bodies pass at this many bytes a second. */
  bytesPerSecond?: number;
  /** Called when the server has answered; its answer goes on only after that. */
  onAnswer?: () => Promise<unknown>;
  /** Give the answer's ETag in another form; null leaves it out. */
  etag?: (etag: string) => string | null;
}

/** Decides about a request, `PUT /bucket/key?partNumber=1&…`, before it goes on to the server. */
export type Meddler = (
  line: string,
  headers: IncomingHttpHeaders,
) => Meddling | undefined | Promise<Meddling | undefined>;

/** A proxy in front of an S3 that loses, cuts and refuses as told. */
export class MeddlingProxy {
  readonly lines: string[] = [];
  /** What each request says of its body's digest: SHA-256, or that it has none. */
  readonly payloads: { line: string; digest: string }[] = [];
  /** Requests that have no complete answer yet. */
  open = 0;
  meddler: Meddler = () => undefined;
  private readonly server: Server;

  private constructor(private readonly target: URL) {
    this.server = createServer((incoming, outgoing) => {
      this.open += 1;
      outgoing.on('close', () => (this.open -= 1));
      this.handle(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  static async start(target: string): Promise<MeddlingProxy> {
    const proxy = new MeddlingProxy(new URL(target));
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const line = `${String(incoming.method)} ${String(incoming.url)}`;
    this.lines.push(line);
    this.payloads.push({ line, digest: String(incoming.headers['x-amz-content-sha256']) });
    const meddling = (await this.meddler(line, incoming.headers)) ?? {};
    const { status, body, cutAfterBytes, cutRequestAfterBytes, loseAnswer, bytesPerSecond, onAnswer, etag } = meddling;
    const slow = (): Transform => new Throttle(bytesPerSecond ?? Infinity);
    if (status !== undefined) {
      incoming.resume();
      outgoing.writeHead(status).end(body);
      return;
    }
    const { hostname, port } = this.target;
    const headers = { ...incoming.headers, ...meddling.changeHeaders };
    delete headers.expect;
    const onward = request({ hostname, port, method: incoming.method, path: incoming.url, headers });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    onward.on('response', (answer) => {
      answer.on('error', () => outgoing.destroy());
      if (loseAnswer === true) {
        answer.resume().on('end', () => outgoing.destroy());
        return;
      }
      const passOn = () => {
        outgoing.writeHead(answer.statusCode ?? 500, withEtag(answer.headers, etag));
        if (bytesPerSecond !== undefined) pipeline(answer, slow(), outgoing, () => undefined);
        else if (cutAfterBytes === undefined) answer.pipe(outgoing);
        else cut(answer, outgoing, cutAfterBytes);
      };
      if (onAnswer === undefined) passOn();
      else onAnswer().then(passOn, () => outgoing.destroy());
    });
    if (cutRequestAfterBytes !== undefined) cutRequest(incoming, outgoing, cutRequestAfterBytes);
    if (meddling.changeBody === true) incoming.pipe(firstByteChanged()).pipe(onward);
    else if (bytesPerSecond !== undefined) pipeline(incoming, slow(), onward, () => undefined);
    else incoming.pipe(onward);
  }
}

/** Lets bytes pass as slowly as it is told. */
class Throttle extends Transform {
  constructor(private readonly bytesPerSecond: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    setTimeout(
      () => {
        done(null, chunk);
      },
      (chunk.length / this.bytesPerSecond) * 1000,
    );
  }
}

function firstByteChanged(): Transform {
  let isFirst = true;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const changed = Buffer.from(chunk);
      if (isFirst) changed[0] = (changed[0] ?? 0) ^ 1;
      isFirst = false;
      done(null, changed);
    },
  });
}

/** Ends the connection when so much of the request has come, or all of it where that is less. */
function cutRequest(incoming: IncomingMessage, outgoing: ServerResponse, bytes: number): void {
  let left = bytes;
  incoming.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) outgoing.destroy();
  });
  incoming.on('end', () => outgoing.destroy());
}

function withEtag({ etag, ...others }: IncomingHttpHeaders, change: Meddling['etag']): IncomingHttpHeaders {
  if (etag === undefined) return others;
  const changed = change === undefined ? etag : change(etag);
  return changed === null ? others : { ...others, etag: changed };
}

function cut(answer: IncomingMessage, outgoing: ServerResponse, bytes: number): void {
  outgoing.flushHeaders();
  let left = bytes;
  const end = () => {
    outgoing.write('', () => outgoing.destroy());
  };
  if (left === 0) {
    end();
    return;
  }
  answer.on('data', (chunk: Buffer) => {
    if (left === 0) return;
    const passed = chunk.subarray(0, left);
    left -= passed.length;
    outgoing.write(passed, () => {
      if (left === 0) outgoing.destroy();
    });
  });
  answer.on('end', () => outgoing.end());
}
