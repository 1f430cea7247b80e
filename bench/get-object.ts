/** `get-object.ts BUCKET KEY`: one GET, streamed to stdout; stands in for `aws s3 cp` where there is no aws CLI. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';

const [bucket, key] = process.argv.slice(2);
const endpoint = process.env['BENCH_ENDPOINT'];
if (bucket === undefined || key === undefined || endpoint === undefined)
  throw new Error('needs BUCKET KEY, BENCH_ENDPOINT');
const client = new S3Client({ endpoint, forcePathStyle: true });
const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
if (!(Body instanceof Readable)) throw new Error(`${key} has no body`);
await pipeline(Body, process.stdout).catch((error: unknown) => {
  // pg_restore ends when it has what it wants.
  if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
});
client.destroy();
