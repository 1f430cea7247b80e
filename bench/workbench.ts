import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { PROJECT_DIRECTORY } from '../testbed/places.js';
import type { Major } from '../testbed/postgres-programs.js';
import { startPostgres, type PostgresServer } from '../testbed/postgres.js';
import { startS3, type S3Server, type StartedS3 } from '../testbed/s3.js';
import { createOwner, fillDatabase, OWNER } from './database.js';
import { bytes, seconds } from './table.js';

/** The database that backups are taken of, shared by the benchmarks of backup and restore. */
export const SOURCE = 'bench_source';
export const BUCKET = 'bench';
export const REGION = 'us-east-1';

/** What the benchmarks work on: one server, and the sizes asked for. */
export interface Workbench {
  readonly postgres: PostgresServer;
  /** Bytes of rows, as COPY text, of the shared source database. */
  readonly rowBytes: number;
  /** The bundle of another commit that ours is compared with; null without one. */
  readonly before: string | null;
  /** Of runs that are repeated, how often; the medians are shown. */
  readonly repeats: number;
  /** What the client programs need to reach a database, with the options that the action gives its sessions. */
  clientEnvironment(database: string): Record<string, string>;
  /** Fills the source database, the first time. */
  fillSource(): Promise<void>;
  /** Notes of the run for the record, such as the sizes of the database and the kind of S3. */
  readonly notes: Set<string>;
}

/** As the action has it by default: what is compared must run with the same. */
export const PGOPTIONS =
  '-c statement_timeout=0 -c maintenance_work_mem=1GB -c max_parallel_maintenance_workers=1 -c client_min_messages=warning';

/** A server with room for the size: nothing is tuned for one way of restoring against another. */
export const SERVER_SETTINGS = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  log_min_messages: 'error',
};

/** How a store is reached. */
export type StoreLogin = Pick<S3Server, 'endpoint' | 'accessKey' | 'secretKey'>;

/** Starts the server, of the newest version that is installed where none is named. Throws when the action is not built. */
export async function startWorkbench(
  rowBytes: number,
  repeats: number,
  options: { version?: Major; settings?: Readonly<Record<string, string>> } = {},
): Promise<Workbench> {
  if (!existsSync(join(PROJECT_DIRECTORY, 'dist', 'index.js'))) throw new Error('dist is not there: npm run build');
  const named = process.env['PHASELIFT_BENCH_BEFORE'];
  const before = named ? resolve(named) : null;
  if (before !== null && !existsSync(join(before, 'index.js'))) {
    throw new Error(`PHASELIFT_BENCH_BEFORE: ${before} is no dist directory`);
  }
  const postgres = await startPostgres({ ...options, settings: { ...SERVER_SETTINGS, ...options.settings } });
  await createOwner(postgres);
  const notes = new Set<string>();
  let filled = false;
  return {
    postgres,
    rowBytes,
    before,
    repeats,
    clientEnvironment: (database) => ({
      ...postgres.environment(database, OWNER),
      PGOPTIONS,
      PATH: pathWith(postgres),
    }),
    async fillSource() {
      if (filled) return;
      filled = true;
      const startedAt = performance.now();
      const { tableBytes, indexBytes } = await fillDatabase(postgres, SOURCE, rowBytes, 'many');
      const sizes = `tables ${bytes(tableBytes)}, indexes ${bytes(indexBytes)}`;
      say(`source filled in ${seconds(performance.now() - startedAt)}: ${sizes}`);
      if (indexBytes <= tableBytes) throw new Error(`the indexes should be larger than the tables: ${sizes}`);
      notes.add(`Database: ${bytes(rowBytes)} of rows asked for; ${sizes}.`);
    },
    notes,
  };
}

/** Starts an S3 of this run's own, so that no benchmark pays for what another has stored, and makes the bucket. */
export async function startStore(workbench: Workbench, roomBytes: number): Promise<StartedS3> {
  // Read by the testbed's script; the store grows into it.
  process.env['CEPH_BYTES'] = String(Math.max(8 * 2 ** 30, Math.ceil(roomBytes * 1.5)));
  const s3 = await startS3();
  const kind = { ceph: "Ceph's radosgw, in memory", fauxqs: 'fauxqs, in memory', given: 'the one given' }[s3.kind];
  workbench.notes.add(`S3 on loopback: ${kind}.`);
  const credentials = { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey };
  const client = new S3Client({ endpoint: s3.endpoint, region: REGION, forcePathStyle: true, credentials });
  try {
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  } catch (error) {
    // A given server keeps its buckets from run to run.
    if (!(error instanceof Error && error.name.startsWith('BucketAlready'))) throw error;
  } finally {
    client.destroy();
  }
  return s3;
}

/** The action's inputs for the store. */
export function storeInputs(s3: StoreLogin, endpoint = s3.endpoint): Record<string, string> {
  return {
    's3-bucket': BUCKET,
    's3-region': REGION,
    's3-endpoint': endpoint,
    'aws-access-key-id': s3.accessKey,
    'aws-secret-access-key': s3.secretKey,
  };
}

/** The action's inputs for one side of it. */
export function sideInputs(postgres: PostgresServer, side: 'source' | 'target'): Record<string, string> {
  return {
    [`${side}-host`]: postgres.host,
    [`${side}-port`]: String(postgres.port),
    [`${side}-user`]: OWNER.user,
    [`${side}-password`]: OWNER.password,
  };
}

/** PATH with the server's own programs first. */
export function pathWith(postgres: PostgresServer): string {
  return `${postgres.programs}:${process.env['PATH'] ?? ''}`;
}

/** A line of progress: the tables alone go to stdout. */
export function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}
