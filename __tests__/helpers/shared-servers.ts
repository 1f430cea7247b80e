import { databaseServerAt, type DatabaseServer } from '../../testbed/database-server.js';
import { givenS3, type S3Server } from '../../testbed/s3.js';

/** The PostgreSQL that all integration tests share. Tests that stop or reconfigure a server start one of their own. */
export function sharedPostgres(): DatabaseServer {
  const address = process.env['PHASELIFT_TEST_PG_URL'];
  if (!address) throw new Error('PHASELIFT_TEST_PG_URL is not set: is this an *.itg.test.ts?');
  return databaseServerAt(address, process.env['PHASELIFT_TEST_PG_PROGRAMS'] ?? '');
}

/** The S3 that all integration tests share. */
export function sharedS3(): S3Server {
  const server = givenS3();
  if (server === null) throw new Error('PHASELIFT_TEST_S3_ENDPOINT is not set: is this an *.itg.test.ts?');
  return server;
}
