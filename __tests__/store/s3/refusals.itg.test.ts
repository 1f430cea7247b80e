import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newArchiveId } from '../../../src/store/names.js';
import { failureOf } from '../failure-of.js';
import { TestBucket } from '../s3-bucket.js';
import { testBytes, testStream } from '../test-bytes.js';
import { expectInput, FIRST_WAYS } from '../first-ways.js';

let bucket: TestBucket;

beforeAll(async () => {
  bucket = await TestBucket.create();
});
afterAll(() => {
  bucket.close();
});

describe('a bucket that does not exist', () => {
  test.each(FIRST_WAYS)('a bucket that does not exist is named by %s', async (_, way) => {
    const settings = { ...bucket.settings, bucket: 'there-is-no-such-bucket' };
    expectInput(await failureOf(way(bucket.store(settings))), settings, 's3-bucket');
  });
});

describe('an endpoint that is wrong', () => {
  test.each([
    ['whose host does not exist', 'http://s3.nowhere.invalid', /does not resolve/],
    ['where nobody listens', 'http://127.0.0.1:1', /refuses connections/],
    ['that speaks no TLS', null, /does not speak TLS/],
  ])('an endpoint %s, is named', async (_, endpoint, reason) => {
    const real = bucket.settings.endpoint ?? '';
    const settings = { ...bucket.settings, endpoint: endpoint ?? real.replace('http:', 'https:'), maxRetries: 0 };
    const error = await failureOf(bucket.store(settings).backups.checkReadable({ database: 'app' }));
    expectInput(error, settings, 's3-endpoint');
    expect(error.message).toMatch(reason);
  });

  test('an endpoint that hangs up is named', async () => {
    const server = createTcpServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const settings = { ...bucket.settings, endpoint: `http://127.0.0.1:${port}`, maxRetries: 0 };
    const error = await failureOf(bucket.store(settings).backups.checkReadable({ database: 'app' }));
    server.close();
    expectInput(error, settings, 's3-endpoint');
  });
});

describe('an endpoint that answers, but is no S3', () => {
  test.each([
    ['a web page', '<!DOCTYPE html><html><head><title>Console</title></head><body></body></html>'],
    ['nothing', ''],
    ['JSON', '{"status":"ok"}'],
  ])('an endpoint that is no S3 is no empty bucket: it answers %s', async (_, body) => {
    const server = createHttpServer((incoming, outgoing) => {
      incoming.resume();
      outgoing.writeHead(200, { 'content-type': 'text/html' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const settings = { ...bucket.settings, endpoint: `http://127.0.0.1:${port}`, maxRetries: 0 };
    const store = bucket.store(settings);
    for (const work of [
      store.backups.checkReadable({ database: 'app' }),
      store.backups.listAll('app'),
      store.backups.listComplete('app'),
    ]) {
      const error = await failureOf(work);
      expectInput(error, settings, 's3-endpoint');
      expect(error.message).toContain('answers, but not as S3 does');
    }
    server.closeAllConnections();
    server.close();
  });
});

describe('a certificate that nobody knows', () => {
  const directory = mkdtempSync(join(tmpdir(), 'phaselift-tls-'));
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  let endpoint: string;
  let close: () => void;

  beforeAll(async () => {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', key, '-out', certificate];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', ...kind, ...subject, ...files], { stdio: 'ignore' });
    const { hostname, port: onwardPort } = new URL(bucket.settings.endpoint ?? '');
    const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (incoming, outgoing) => {
      const { method, url: path, headers } = incoming;
      const onward = request({ hostname, port: onwardPort, method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = () => {
      server.closeAllConnections();
      server.close();
    };
  });
  afterAll(() => {
    close();
    rmSync(directory, { recursive: true });
  });

  test('a certificate that nobody knows is refused, with the way out', async () => {
    const settings = { ...bucket.settings, endpoint };
    const error = await failureOf(bucket.store(settings).backups.checkReadable({ database: 'app' }));
    expectInput(error, settings, 's3-verify-ssl');
  });

  test('a certificate that nobody knows is accepted on request, for uploads too', async () => {
    const store = bucket.store({ endpoint, verifySsl: false });
    await store.backups.checkReadable({ database: 'app' });
    const options = {
      partSizeBytes: 5242880,
      id: newArchiveId(),
      replaces: null,
      signal: new AbortController().signal,
    };
    const object = store.backups.locate('app', 'n').archive;
    const info = await store.upload(object, testStream(testBytes(6_000_000)), options);
    expect(info.sizeBytes).toBe(6_000_000);
  });
});

test('checkReadable passes for an empty folder, a full one, and a missing exact object', async () => {
  await bucket.store().backups.checkReadable({ database: 'app' });
  await bucket.put('backups/app/empty.dump', '');
  await bucket.store().backups.checkReadable({ database: 'app' });
  await bucket.store({ exactKey: 'none.dump' }).backups.checkReadable({ database: 'app' });
});
