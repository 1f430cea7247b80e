import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startCuttingProxy, type CuttingProxy } from '../cutting-proxy.js';
import { MeddlingProxy } from '../meddling-proxy.js';
import type { PostgresServer } from '../postgres.js';
import { runAction, type ActionHandle, type ActionResult, type ActionStep } from '../runner.js';
import type { S3Server } from '../s3.js';
import type { Victim } from './fault.js';
import { differences, fingerprint } from './fingerprint.js';
import { S3Faults } from './s3-faults.js';
import { sourceSql, UNLOGGED_TABLE, type SourceSize } from './source.js';

/** Inputs of the action. */
export type Inputs = Readonly<Record<string, string>>;

/** The database that is backed up. */
export const SOURCE = 'torture_source';
/** Its backup whose restores are disturbed, and another one that is damaged. */
export const BACKUP = 'undisturbed';
export const DAMAGED = 'damaged';
const OWNER = { user: 'torture_owner', password: 'not-a-secret' };
/** Sessions of a run that has ended are gone after this, at the latest. */
const SESSIONS_END_IN_MS = 20_000;

/** Where a run finds its servers. */
interface Places {
  s3: string;
  postgres: URL;
}

interface Proxies {
  s3: CuttingProxy;
  requests: MeddlingProxy;
  postgres: CuttingProxy;
}

/**
 * What trials stand on: a server and an S3, each behind proxies that do as they are told, a database with its backup, and the lines
 * that tell whether another one is identical. The server is its own, as it is shut down; needs a built action.
 */
export class Bench {
  /** Of runs that nobody disturbs, milliseconds. */
  readonly usualMs = { backup: 0, restore: 0 };
  private readonly faults: S3Faults;

  private constructor(
    readonly server: PostgresServer,
    private readonly s3: S3Server,
    private readonly client: S3Client,
    private readonly bucket: string,
    private readonly proxies: Proxies,
    private readonly source: readonly string[],
  ) {
    this.faults = new S3Faults(proxies.requests);
  }

  /** Makes the database and its backup, and restores it once. Throws where that fails. */
  static async prepare(server: PostgresServer, s3: S3Server, size: SourceSize): Promise<Bench> {
    const { user, password } = OWNER;
    await server.psql('postgres', `CREATE ROLE ${user} LOGIN CREATEDB PASSWORD '${password}';`);
    await server.psql('postgres', `CREATE DATABASE ${SOURCE} OWNER ${user} TEMPLATE template0;`);
    await server.psql(SOURCE, sourceSql(size), OWNER);
    const credentials = { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey };
    const client = new S3Client({ endpoint: s3.endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    const bucket = `torture-${process.pid}-${Date.now().toString(36)}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    const requests = await MeddlingProxy.start(s3.endpoint);
    const proxies = {
      requests,
      s3: await startCuttingProxy(requests.endpoint),
      postgres: await startCuttingProxy(`postgres://${server.host}:${server.port}`),
    };
    const bench = new Bench(server, s3, client, bucket, proxies, await fingerprint(server, SOURCE));
    const timed = async (mode: 'backup' | 'restore', inputs: Inputs): Promise<ActionResult> => {
      const startedAt = performance.now();
      const handle = await bench.start(mode, inputs);
      const result = mustHaveSucceeded(await handle.done);
      bench.usualMs[mode] = performance.now() - startedAt;
      return result;
    };
    await timed('backup', { 'backup-name': DAMAGED });
    await timed('backup', { 'backup-name': BACKUP });
    const { summary } = await timed('restore', { 'backup-name': BACKUP, 'target-database': 'undisturbed' });
    if (size.largeRows > 2_100 && !/shop\.large \(\d of \d\)/.test(summary))
      throw new Error('the large table is not loaded in slices');
    const faults = await bench.differences('undisturbed');
    if (faults.length > 0) throw new Error(`a restore that nobody disturbs differs:\n${faults.join('\n')}`);
    await bench.drop('undisturbed');
    return bench;
  }

  /** Starts a run behind the proxies. */
  async start(mode: 'backup' | 'restore', inputs: Inputs): Promise<ActionHandle> {
    const { postgres, s3 } = this.proxies;
    return runAction(this.step(mode, { s3: s3.endpoint, postgres: new URL(postgres.endpoint) }, inputs));
  }

  /** A run that nobody disturbs, to its end, whatever that is. */
  async undisturbed(mode: string, inputs: Inputs): Promise<ActionResult> {
    return (await runAction(this.step(mode, this.directly(), inputs))).done;
  }

  /** The post step of a run, as the runner starts it behind main, however that ended. */
  async post(main: ActionResult, inputs: Inputs): Promise<ActionResult> {
    return (await runAction({ ...this.step('backup', this.directly(), inputs), entry: 'post', state: main.state }))
      .done;
  }

  /** The servers themselves, past the proxies. */
  private directly(): Places {
    const { host, port } = this.server;
    return { s3: this.s3.endpoint, postgres: new URL(`postgres://${host}:${port}`) };
  }

  /** What faults can be done to. */
  victim(handle: ActionHandle, database: string): Victim {
    const { s3, postgres } = this.proxies;
    return { server: this.server, s3, requests: this.faults, postgres, handle, database };
  }

  /** In what a database differs from the source; without the rows of the table that a crash of the server empties, where that has been. */
  async differences(database: string, isUnloggedLost = false): Promise<string[]> {
    const compared = (lines: readonly string[]): string[] =>
      lines.filter((line) => !(isUnloggedLost && line.startsWith(`rows of ${UNLOGGED_TABLE}|`)));
    return differences(compared(this.source), compared(await fingerprint(this.server, database)));
  }

  async drop(database: string): Promise<void> {
    await this.server.psql('postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE);`);
  }

  /** The sessions of runs that are still there a while after these have ended. */
  async sessionsLeft(): Promise<string[]> {
    const sql =
      "SELECT datname || ': ' || application_name FROM pg_stat_activity WHERE application_name LIKE 'phaselift%'";
    const until = performance.now() + SESSIONS_END_IN_MS;
    for (;;) {
      const sessions = (await this.server.psql('postgres', sql)).split('\n').filter((line) => line !== '');
      if (sessions.length === 0 || performance.now() > until) return sessions;
      await sleep(100);
    }
  }

  async uploadsLeft(): Promise<string[]> {
    const { Uploads = [] } = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket }));
    return Uploads.map(({ Key }) => Key ?? '');
  }

  async archive(backup: string): Promise<Buffer> {
    const { Body } = await this.client.send(new GetObjectCommand(this.object(backup)));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  async putArchive(backup: string, bytes: Buffer): Promise<void> {
    await this.client.send(new PutObjectCommand({ ...this.object(backup), Body: bytes }));
  }

  async close(): Promise<void> {
    const { s3, requests, postgres } = this.proxies;
    await Promise.all([s3.stop(), postgres.stop()]);
    await requests.stop();
    this.client.destroy();
  }

  private object(backup: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: `${SOURCE}/${backup}.dump` };
  }

  private step(mode: string, places: Places, inputs: Inputs): ActionStep {
    const { s3, server, bucket } = this;
    const side = mode === 'backup' ? 'source' : 'target';
    const connection = {
      [`${side}-host`]: places.postgres.hostname,
      [`${side}-port`]: places.postgres.port,
      [`${side}-user`]: OWNER.user,
      [`${side}-password`]: OWNER.password,
    };
    return {
      with: {
        mode,
        database: SOURCE,
        's3-bucket': bucket,
        's3-endpoint': places.s3,
        'aws-access-key-id': s3.accessKey,
        'aws-secret-access-key': s3.secretKey,
        'pg-client': 'path',
        ...(mode === 'backup' || mode === 'restore' ? connection : {}),
        ...(mode === 'restore' ? { 'restore-jobs': '4', 'slice-size': '16MB' } : {}),
        ...(mode === 'backup' ? { 'dump-compress': '0' } : {}),
        ...inputs,
      },
      env: { PATH: `${server.programs}:${process.env['PATH'] ?? ''}` },
    };
  }
}

export function mustHaveSucceeded(result: ActionResult): ActionResult {
  if (result.exitCode === 0) return result;
  throw new Error(`the action failed: ${result.lines.slice(-20).join('\n')}`);
}

/** The error that a run has ended with, in one line. */
export function endOf(result: ActionResult | null): string {
  const errors = (result?.annotations ?? []).filter(({ level }) => level === 'error');
  return (
    errors.map(({ message }) => message.replaceAll('\n', ' ')).join(' ') || (result?.signal ?? 'no error was told')
  );
}
