/**
 * The servers that the integration tests share: `node --import tsx testbed/serve.ts`. Prints one line, a JSON object of
 * environment variables that say where they are, and stops them when stdin closes.
 */
import { once } from 'node:events';
import { startPostgres } from './postgres.js';
import { startS3 } from './s3.js';

const [postgres, s3] = await Promise.allSettled([startPostgres(), startS3()]);
if (postgres.status === 'rejected') throw postgres.reason;
if (s3.status === 'rejected') throw s3.reason;

console.log(
  JSON.stringify({
    PHASELIFT_TEST_PG_URL: postgres.value.url('postgres'),
    PHASELIFT_TEST_PG_PROGRAMS: postgres.value.programs,
    PHASELIFT_TEST_S3_ENDPOINT: s3.value.endpoint,
    PHASELIFT_TEST_S3_ACCESS_KEY: s3.value.accessKey,
    PHASELIFT_TEST_S3_SECRET_KEY: s3.value.secretKey,
    PHASELIFT_TEST_S3_KIND: s3.value.kind,
  }),
);
await once(process.stdin.resume(), 'end');
await Promise.all([postgres.value.stop(), s3.value.stop()]);
process.exit(0);
