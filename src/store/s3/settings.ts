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
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string | null } | null;
  /** Bytes; null is `auto`. */
  chunkSizeBytes: number | null;
  maxRetries: number;
}
