import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import { sharedS3 } from '../helpers/shared-servers.js';
import { BackupRuns } from './backup-runs.js';
import { HoldingS3, LARGE_TABLE } from './held-parts.js';

/** What tests of backups that stay in their middle share, from useHeldBackups() on. */
export let runs: BackupRuns;
/** A database whose archive does not fit into the parts that are in flight. */
export let database: string;
/** One for each test. */
export let s3: HoldingS3;

/** Makes and removes them for the tests of a file. */
export function useHeldBackups(): void {
  beforeAll(async () => {
    runs = await BackupRuns.create();
    database = await createDatabase(runs.postgres, { sql: LARGE_TABLE });
  });
  afterAll(async () => {
    await dropDatabase(runs.postgres, database);
    runs.close();
  });
  beforeEach(async () => {
    s3 = await HoldingS3.before(sharedS3().endpoint);
  });
  afterEach(async () => {
    await s3.stop();
  });
}
