import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { NO_KEYS } from '../../../src/age/keys.js';
import { AS_BUCKET_SAYS } from '../../../src/store/s3/at-rest.js';
import { createClient, type S3Access } from '../../../src/store/s3/client.js';
import { Conditions } from '../../../src/store/s3/conditions.js';
import { ContentDigests } from '../../../src/store/s3/content-digests.js';
import { getText } from '../../../src/store/s3/objects.js';
import type { S3Settings } from '../../../src/store/s3/settings.js';
import { MemoryLogger } from '../../helpers/memory-logger.js';
import { failureOf } from '../failure-of.js';

const MIB = 1024 * 1024;
const KEY = 'app/n.manifest.json';

let server: Server;
let access: S3Access;
/** Bytes of bodies that were handed to the network. */
let sentBytes: number;
let answer: (response: ServerResponse) => void;

/** A store that pays no heed to `Range`, and whose object has no end. */
beforeEach(async () => {
  sentBytes = 0;
  server = createServer((_, response) => {
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const settings: S3Settings = {
    ...{ bucket: 'b', prefix: '', exactKey: null, region: 'us-east-1', forcePathStyle: true, verifySsl: true },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 's', sessionToken: null },
    ...{ chunkSizeBytes: null, maxRetries: 0, atRest: AS_BUCKET_SAYS, keys: NO_KEYS },
  };
  const logger = new MemoryLogger();
  access = {
    settings,
    logger,
    client: createClient(settings, 1),
    conditions: new Conditions(logger),
    digests: new ContentDigests(logger),
  };
});
afterEach(async () => {
  access.client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function endless(response: ServerResponse, headers: Record<string, string> = {}): void {
  const some = Buffer.alloc(64 * 1024, '{"a":1}\n');
  response.writeHead(200, headers);
  const more = (): void => {
    if (response.destroyed) return;
    sentBytes += some.length;
    response.write(some, more);
  };
  more();
}

describe('of an object without end', () => {
  test('only the beginning of an endless object is read, where that is asked for', async () => {
    answer = endless;
    expect(await getText(access, KEY, { firstBytes: 100 })).toBe('{"a":1}\n'.repeat(13).slice(0, 100));
    expect(sentBytes).toBeLessThan(64 * MIB);
  });

  test('no more of an endless object is read than a manifest can have', async () => {
    answer = endless;
    const error = await failureOf(getText(access, KEY, { maxBytes: MIB }));
    expect(error).toMatchObject({ code: 'MANIFEST', object: `s3://b/${KEY}` });
    expect(error.message).toBe(
      `the manifest s3://b/${KEY} is larger than the store says: no manifest of such an archive has more than 1 MiB`,
    );
    expect(sentBytes).toBeLessThan(64 * MIB);
  });

  test('nothing of an endless object is read where the store says how large it is', async () => {
    answer = (response) => {
      endless(response, { 'content-length': String(300 * MIB) });
    };
    const error = await failureOf(getText(access, KEY));
    expect(error.code).toBe('MANIFEST');
    expect(error.message).toMatch(/ has 300.* MiB: no manifest of such an archive has more than /);
    expect(error.hint).toMatch(/move it away, and restore the archive by its own place \(`s3-uri`/);
    expect(sentBytes).toBeLessThan(64 * MIB);
  });
});

test('a text of just the size that is allowed is read whole', async () => {
  answer = (response) => {
    response.end('x'.repeat(1000));
  };
  expect(await getText(access, KEY, { maxBytes: 1000 })).toHaveLength(1000);
  expect((await failureOf(getText(access, KEY, { maxBytes: 999 }))).code).toBe('MANIFEST');
});
