/** The SDK's client, made from the settings. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { S3Client } from '@aws-sdk/client-s3';
import { StandardRetryStrategy } from '@smithy/util-retry';
import type { Logger } from '../../foundation/logger.js';
import type { Conditions } from './conditions.js';
import type { ContentDigests } from './content-digests.js';
import type { S3Settings } from './settings.js';

/** A server that cannot be connected to in this time counts as gone. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A connection on which nothing moves for this time counts as dead. */
const IDLE_TIMEOUT_MS = 60_000;
/**
 * The first back-off of requests is up to this, and doubles. The SDK's own 50 ms end its retries before a blip of a second
 * does, which is a poor end for a backup of hours.
 */
const RETRY_BASE_MS = 1_000;

const MAX_SOCKETS = 50;

/** What every part of the S3 store works with. */
export interface S3Access {
  readonly settings: S3Settings;
  readonly logger: Logger;
  readonly client: S3Client;
  readonly conditions: Conditions;
  readonly digests: ContentDigests;
}

/**
 * A client of its own sockets. `attempts` is the number of times each request is tried, at most. Credentials are shared with
 * `sibling`, so that they are resolved and renewed once.
 */
export function createClient(settings: S3Settings, attempts: number, sibling?: S3Client): S3Client {
  const config: S3ClientConfig = {
    region: settings.region,
    forcePathStyle: settings.forcePathStyle,
    // Some stores refuse the checksum trailers that the SDK adds by default; our digests are in the manifest.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    retryStrategy: new StandardRetryStrategy({ maxAttempts: attempts, baseDelay: RETRY_BASE_MS }),
    // With `Expect: 100-continue` every part would wait for a round trip more.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      // Agents, not options of agents: with those the SDK makes further agents for some requests and forgets the options.
      httpAgent: new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS }),
      httpsAgent: new HttpsAgent({
        keepAlive: true,
        maxSockets: MAX_SOCKETS,
        rejectUnauthorized: settings.verifySsl,
      }),
    },
  };
  if (settings.endpoint !== null) config.endpoint = settings.endpoint;
  const credentials = sibling?.config.credentials ?? givenCredentials(settings);
  if (credentials !== null) config.credentials = credentials;
  return new S3Client(config);
}

/** `s3://bucket/key`, for people: the key as it is, without escapes. */
export function uriOf(settings: S3Settings, key: string): string {
  return `s3://${settings.bucket}/${key}`;
}

function givenCredentials({ credentials }: S3Settings): NonNullable<S3ClientConfig['credentials']> | null {
  if (credentials === null) return null;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) };
}
