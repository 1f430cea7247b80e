/**
 * An S3 server that reads parts of uploads and forgets them, so that the CPU of a store does not hide that of who writes to it. It keeps
 * objects that came in one request, which are small. It checks no signatures. Run by startSink(), which gives a certificate and its key in
 * SINK_CERT and SINK_KEY where it is to speak TLS; prints its port, and ends with its stdin.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface StoredObject {
  bytes: number;
  /** null: forgotten. */
  body: Buffer | null;
  etag: string;
  /** `x-amz-meta-…` */
  metadata: Record<string, string>;
}

const objects = new Map<string, StoredObject>();
const uploads = new Map<string, { key: string; bytes: number; metadata: Record<string, string> }>();
let made = 0;

const listener: RequestListener = (request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
};
const { SINK_CERT: cert, SINK_KEY: key } = process.env;
const server = cert === undefined ? createServer(listener) : createTlsServer({ cert, key }, listener);
server.listen(0, '127.0.0.1', () => {
  console.log(String((server.address() as AddressInfo).port));
});
process.stdin.resume().once('end', () => process.exit());

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const key = decodeURIComponent(url.pathname).split('/').slice(2).join('/');
  const uploadId = url.searchParams.get('uploadId');
  const actions: Readonly<Record<string, () => void | Promise<void>>> = {
    'PUT part': () => takePart(request, response, uploadId ?? ''),
    'POST upload': () => {
      beginUpload(request, response, key);
    },
    'POST complete': () => completeUpload(request, response, uploadId ?? ''),
    'DELETE complete': () => {
      uploads.delete(uploadId ?? '');
      send(response, 204);
    },
    'PUT object': () => putObject(request, response, key),
    'DELETE object': () => {
      objects.delete(key);
      send(response, 204);
    },
    'HEAD object': () => {
      getObject(request, response, key);
    },
    'GET object': () => {
      getObject(request, response, key);
    },
    'GET bucket': () => {
      list(response, url.searchParams.get('prefix') ?? '');
    },
  };
  const action = actions[`${request.method ?? ''} ${actionOf(url, key)}`];
  if (action !== undefined) {
    await action();
    return;
  }
  request.resume();
  send(response, 200, request.method === 'GET' ? '<Result/>' : '');
}

function actionOf(url: URL, key: string): string {
  const has = (name: string): boolean => url.searchParams.has(name);
  if (key === '') return has('list-type') ? 'bucket' : 'other';
  if (has('uploads')) return 'upload';
  if (has('partNumber')) return 'part';
  if (has('uploadId')) return 'complete';
  return 'object';
}

async function takePart(request: IncomingMessage, response: ServerResponse, uploadId: string): Promise<void> {
  const upload = uploads.get(uploadId);
  for await (const chunk of request as AsyncIterable<Buffer>) if (upload !== undefined) upload.bytes += chunk.length;
  if (upload === undefined) send(response, 404, fault('NoSuchUpload'));
  else send(response, 200, '', { etag: newEtag() });
}

function beginUpload(request: IncomingMessage, response: ServerResponse, key: string): void {
  request.resume();
  const uploadId = `upload-${++made}`;
  uploads.set(uploadId, { key, bytes: 0, metadata: metadataOf(request) });
  send(
    response,
    200,
    `<InitiateMultipartUploadResult><UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>`,
  );
}

async function completeUpload(request: IncomingMessage, response: ServerResponse, uploadId: string): Promise<void> {
  await buffer(request);
  const upload = uploads.get(uploadId);
  if (upload === undefined) {
    send(response, 404, fault('NoSuchUpload'));
    return;
  }
  if (isTaken(request, upload.key)) {
    send(response, 412, fault('PreconditionFailed'));
    return;
  }
  uploads.delete(uploadId);
  const etag = newEtag();
  objects.set(upload.key, { bytes: upload.bytes, body: null, etag, metadata: upload.metadata });
  const result = `<ETag>${etag.replaceAll('"', '&quot;')}</ETag>`;
  send(response, 200, `<CompleteMultipartUploadResult>${result}</CompleteMultipartUploadResult>`);
}

async function putObject(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
  const body = decoded(request, await buffer(request));
  if (isTaken(request, key)) {
    send(response, 412, fault('PreconditionFailed'));
    return;
  }
  const etag = newEtag();
  // A bucket is made by a PUT as well.
  if (key !== '') objects.set(key, { bytes: body.length, body, etag, metadata: metadataOf(request) });
  send(response, 200, '', { etag });
}

function getObject(request: IncomingMessage, response: ServerResponse, key: string): void {
  const object = objects.get(key);
  if (object === undefined) {
    send(response, 404, request.method === 'HEAD' ? '' : fault('NoSuchKey'));
    return;
  }
  const { bytes, body, etag, metadata } = object;
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const from = Number(range?.[1] ?? 0);
  const to = Math.min(bytes, range?.[2] ? Number(range[2]) + 1 : bytes);
  response.writeHead(range === null ? 200 : 206, {
    'content-length': to - from,
    ...(range === null ? {} : { 'content-range': `bytes ${from}-${to - 1}/${bytes}` }),
    etag,
    'last-modified': new Date().toUTCString(),
    ...metadata,
  });
  response.end(request.method === 'HEAD' ? undefined : (body?.subarray(from, to) ?? Buffer.alloc(to - from)));
}

function list(response: ServerResponse, prefix: string): void {
  const found = [...objects].filter(([key]) => key.startsWith(prefix));
  const contents = found.map(
    ([key, { bytes, etag }]) =>
      `<Contents><Key>${key}</Key><Size>${bytes}</Size><ETag>${etag.replaceAll('"', '&quot;')}</ETag>` +
      `<LastModified>${new Date().toISOString()}</LastModified></Contents>`,
  );
  send(response, 200, `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`);
}

function isTaken(request: IncomingMessage, key: string): boolean {
  return request.headers['if-none-match'] === '*' && objects.has(key);
}

function metadataOf({ headers }: IncomingMessage): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

/** Without the frames of `aws-chunked`: `SIZE;…`, the bytes, and behind the last, empty one trailers. */
function decoded({ headers }: IncomingMessage, body: Buffer): Buffer {
  if (!String(headers['content-encoding']).includes('aws-chunked')) return body;
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) break;
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

function fault(code: string): string {
  return `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
}

function newEtag(): string {
  return `"${String(++made).padStart(32, '0')}"`;
}

function send(response: ServerResponse, status: number, body = '', headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
}
