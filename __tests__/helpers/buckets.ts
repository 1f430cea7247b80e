import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Server } from '../../testbed/s3.js';

/** A client of a test server, with its credentials. Destroy it after use. */
export function s3Client({ endpoint, accessKey, secretKey }: S3Server): S3Client {
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  return new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
}

/** Makes an empty bucket with a name of its own and returns the name. */
export async function createBucket(server: S3Server, prefix = 'test'): Promise<string> {
  const name = `${prefix}-${randomUUID()}`.slice(0, 63);
  const client = s3Client(server);
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }));
  } finally {
    client.destroy();
  }
  return name;
}
