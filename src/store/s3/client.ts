/** The SDK's client, made from the settings. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { S3Client } from '@aws-sdk/client-s3';
import { StandardRetryStrategy } from '@smithy/util-retry';
import type { Logger } from '../../foundation/logger.js';
import { sayAtRest } from './at-rest.js';
import type { Conditions } from './conditions.js';
import type { ContentDigests } from './content-digests.js';
import { RenewedRole } from './renewed-role.js';
import { takeRole } from './role-taking.js';
import type { AwsKeys, S3Settings } from './settings.js';

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

/** What a client signs with: keys, or where it gets them from time and again. */
export type Credentials = NonNullable<S3ClientConfig['credentials']>;

/**
 * A client of its own sockets. `attempts` is the number of times each request is tried, at most. Clients that share the
 * `credentials` of one (`client.config.credentials`) resolve and renew them once. null leaves them to the SDK's default chain.
 */
export function createClient(
  settings: S3Settings,
  attempts: number,
  credentials: Credentials | null = givenKeys(settings),
): S3Client {
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
  if (credentials !== null) config.credentials = credentials;
  const client = new S3Client(config);
  sayAtRest(client, settings.atRest);
  return client;
}

/** `s3://bucket/key`, for people: the key as it is, without escapes. */
export function uriOf(settings: S3Settings, key: string): string {
  return `s3://${settings.bucket}/${key}`;
}

/** For a client without siblings: a role is taken once by what all of them share, see `credentialsOf`. */
function givenKeys({ credentials }: S3Settings): Credentials | null {
  return credentials === null || 'roleArn' in credentials ? null : identityOf(credentials);
}

/** The credentials of a store's clients. */
export function credentialsOf(settings: S3Settings, logger: Logger): Credentials | null {
  const { credentials } = settings;
  if (credentials === null || !('roleArn' in credentials)) return givenKeys(settings);
  const role = new RenewedRole(credentials.roleArn, () => takeRole(credentials, settings.region, logger), logger);
  return () => role.identity();
}

function identityOf({ accessKeyId, secretAccessKey, sessionToken }: AwsKeys): Credentials {
  return { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) };
}
