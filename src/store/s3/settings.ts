import type { AgeKeys } from '../../age/keys.js';
import type { AtRest } from './at-rest.js';

/** Keys that somebody gave, and nobody renews. */
export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | null;
}

/** A role that is taken by the token of a workflow's job, and taken anew before its credentials end. */
export interface AwsRole {
  roleArn: string;
  durationSeconds: number;
  tokenRequest: TokenRequest;
}

/** Where the runner gives tokens (OpenID Connect) that say which job asks, and what it wants to see for one. */
export interface TokenRequest {
  url: string;
  /** A secret. It lives a little over six hours on hosted runners. */
  token: string;
}

/** Backups in a bucket. */
export interface S3Settings {
  bucket: string;
  /** Without leading or trailing slash; may be empty. */
  prefix: string;
  /** The key of `s3-uri` when one exact object was asked for, else null. */
  exactKey: string | null;
  region: string;
  /** null is AWS. */
  endpoint: string | null;
  forcePathStyle: boolean;
  verifySsl: boolean;
  /** null leaves it to the SDK's default chain, which renews. */
  credentials: AwsKeys | AwsRole | null;
  /** Bytes; null is `auto`. */
  chunkSizeBytes: number | null;
  maxRetries: number;
  atRest: AtRest;
  keys: AgeKeys;
}
