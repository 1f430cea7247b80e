import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startCuttingProxy, type CuttingProxy } from '../cutting-proxy.js';
import type { PostgresServer } from '../postgres.js';
import { runAction, type ActionHandle, type ActionResult } from '../runner.js';
import type { S3Server } from '../s3.js';
import { differences, fingerprint } from './fingerprint.js';
import { planOf } from './plan.js';
import { KilledRun, type Strike } from './killed-run.js';
import { sourceSql, UNLOGGED_TABLE, type SourceSize } from './source.js';

/** How one restore with its kills has ended. */
export interface TrialResult {
  seed: number;
  /** Kills that have hit, in order. */
  strikes: Strike[];
  /** How often the action was run. */
  runs: number;
  ms: number;
  /** Why it is not as it should be, in lines; none: the target is identical to the source. */
  faults: string[];
  /** The server was killed when the restore was through: its unlogged table was emptied then, and is not compared. */
  isUnloggedLost: boolean;
}

const SOURCE = 'kills_source';
const OWNER = { user: 'kills_owner', password: 'not-a-secret' };
const BACKUP = 'killed';
const JOBS = 4;
const MOST_RUNS = 8;

/** Restores of one backup, each with kills of its own. The server is its own, as it is shut down; needs a built action. */
export class KillTrials {
  private constructor(
    private readonly server: PostgresServer,
    private readonly s3: S3Server,
    private readonly bucket: string,
    private readonly proxy: CuttingProxy,
    private readonly source: readonly string[],
    /** Of a restore that nobody disturbs, milliseconds. */
    readonly usualMs: number,
  ) {}

  /** Makes the database and its backup, and restores it once. Throws where that fails. */
  static async prepare(server: PostgresServer, s3: S3Server, size: SourceSize): Promise<KillTrials> {
    const { user, password } = OWNER;
    await server.psql('postgres', `CREATE ROLE ${user} LOGIN CREATEDB PASSWORD '${password}';`);
    await server.psql('postgres', `CREATE DATABASE ${SOURCE} OWNER ${user} TEMPLATE template0;`);
    await server.psql(SOURCE, sourceSql(size), OWNER);
    const source = await fingerprint(server, SOURCE);
    const bucket = `kills-${process.pid}-${Date.now().toString(36)}`;
    await makeBucket(s3, bucket);
    const proxy = await startCuttingProxy(s3.endpoint);
    const untried = new KillTrials(server, s3, bucket, proxy, source, 0);
    await untried.mustSucceed(await untried.start('backup', ''));
    const startedAt = performance.now();
    const { summary } = await untried.mustSucceed(await untried.start('restore', 'undisturbed'));
    const usualMs = performance.now() - startedAt;
    if (!/shop\.large \(\d of \d\)/.test(summary)) throw new Error('the large table is not loaded in slices');
    const faults = differences(source, await fingerprint(server, 'undisturbed'));
    if (faults.length > 0) throw new Error(`a restore that nobody disturbs differs:\n${faults.join('\n')}`);
    await untried.drop('undisturbed');
    return new KillTrials(server, s3, bucket, proxy, source, usualMs);
  }

  /** Restores, kills as the seed says, runs the action again until it succeeds, and compares. Kills come at most in its first runs. */
  async run(seed: number): Promise<TrialResult> {
    const plan = planOf(seed, this.usualMs);
    const target = `killed_${seed}`;
    const startedAt = performance.now();
    const { server, proxy } = this;
    const result: TrialResult = { seed, strikes: [], runs: 0, ms: 0, faults: [], isUnloggedLost: false };
    for (let last: ActionResult | null = null; last?.exitCode !== 0;) {
      if (result.runs === MOST_RUNS) {
        result.faults = [`it does not succeed in ${MOST_RUNS} runs: ${endOf(last)}`];
        break;
      }
      result.runs++;
      const handle = await this.start('restore', target);
      const run = new KilledRun({ server, proxy, handle, target }, plan);
      last = await handle.done;
      result.strikes.push(...(await run.strikes()));
      if (run.hitAfterEnd) result.isUnloggedLost = true;
      // What a crash has emptied when all was done is no restore of this backup any more, and is refused rightly.
      if (result.isUnloggedLost && /has 0 of \d+ rows/.test(endOf(last))) break;
    }
    result.ms = performance.now() - startedAt;
    if (result.faults.length === 0) result.faults = await this.faultsOf(target, result.isUnloggedLost);
    await this.drop(target);
    return result;
  }

  async close(): Promise<void> {
    await this.proxy.stop();
  }

  private async faultsOf(target: string, isUnloggedLost: boolean): Promise<string[]> {
    const compared = (lines: readonly string[]): string[] =>
      lines.filter((line) => !(isUnloggedLost && line.startsWith(`rows of ${UNLOGGED_TABLE}|`)));
    return differences(compared(this.source), compared(await fingerprint(this.server, target)));
  }

  private async start(mode: 'backup' | 'restore', target: string): Promise<ActionHandle> {
    const { server, s3, bucket, proxy } = this;
    const side = mode === 'backup' ? 'source' : 'target';
    return runAction({
      with: {
        mode,
        database: SOURCE,
        'backup-name': BACKUP,
        's3-bucket': bucket,
        's3-endpoint': proxy.endpoint,
        'aws-access-key-id': s3.accessKey,
        'aws-secret-access-key': s3.secretKey,
        'pg-client': 'path',
        [`${side}-host`]: server.host,
        [`${side}-port`]: String(server.port),
        [`${side}-user`]: OWNER.user,
        [`${side}-password`]: OWNER.password,
        ...(mode === 'restore'
          ? { 'target-database': target, 'restore-jobs': String(JOBS), 'slice-size': '16MB' }
          : { 'dump-compress': '0' }),
      },
      env: { PATH: `${server.programs}:${process.env['PATH'] ?? ''}` },
    });
  }

  private async mustSucceed(handle: ActionHandle): Promise<ActionResult> {
    const result = await handle.done;
    if (result.exitCode === 0) return result;
    throw new Error(`the action failed: ${result.lines.slice(-20).join('\n')}`);
  }

  private async drop(database: string): Promise<void> {
    await this.server.psql('postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE);`);
  }
}

/** The error that a run has ended with, in one line. */
function endOf(result: ActionResult | null): string {
  const errors = (result?.annotations ?? []).filter(({ level }) => level === 'error');
  return (
    errors.map(({ message }) => message.replaceAll('\n', ' ')).join(' ') || (result?.signal ?? 'no error was told')
  );
}

async function makeBucket({ endpoint, accessKey, secretKey }: S3Server, bucket: string): Promise<void> {
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
}
