import { expect } from '@jest/globals';
import { OUTPUT_NAMES } from '../../src/report/outputs.js';
import type { DatabaseServer } from '../../testbed/database-server.js';
import { runAction, type ActionHandle, type ActionResult, type ActionStep } from '../helpers/run-action.js';
import { sharedPostgres, sharedS3 } from '../helpers/shared-servers.js';
import { TestBucket } from '../store/s3-bucket.js';

export { childrenOf, processName } from '../../testbed/child-processes.js';

export type Inputs = Readonly<Record<string, string>>;

/** Backups by the built action, from a real PostgreSQL into a bucket of their own on a real S3. */
export class BackupRuns {
  private constructor(
    readonly postgres: DatabaseServer,
    readonly bucket: TestBucket,
  ) {}

  static async create(postgres = sharedPostgres()): Promise<BackupRuns> {
    return new BackupRuns(postgres, await TestBucket.create());
  }

  /** All inputs that a backup needs; `changes` replace some, empty ones take them away. */
  inputs(database: string, changes: Inputs = {}): Record<string, string> {
    const { postgres, bucket } = this;
    return {
      mode: 'backup',
      database,
      'backup-name': 'one',
      'source-host': postgres.host,
      'source-port': String(postgres.port),
      'source-user': postgres.user,
      'source-password': postgres.password,
      's3-bucket': bucket.settings.bucket,
      ...s3Inputs(),
      'pg-client': 'path',
      ...changes,
    };
  }

  async start(database: string, changes: Inputs = {}, step: Partial<ActionStep> = {}): Promise<ActionHandle> {
    const PATH = `${this.postgres.programs}:${process.env['PATH'] ?? ''}`;
    return runAction({ with: this.inputs(database, changes), ...step, env: { PATH, ...step.env } });
  }

  /** Runs a backup to its end. Whatever becomes of it, no secret may show. */
  async run(database: string, changes: Inputs = {}, step: Partial<ActionStep> = {}): Promise<ActionResult> {
    return checked(await this.start(database, changes, step), this.inputs(database, changes));
  }

  /** The same, for a backup that must be well. */
  async succeed(database: string, changes: Inputs = {}, step: Partial<ActionStep> = {}): Promise<ActionResult> {
    const result = await this.run(database, changes, step);
    if (result.exitCode !== 0) throw new Error(`the backup failed:\n${result.stdout}${result.stderr}`);
    return result;
  }

  /** All that the bucket shows: objects, and uploads that are still open (marked). */
  async visible(): Promise<string[]> {
    const [keys, uploads] = await Promise.all([this.bucket.keys(), this.bucket.openUploads()]);
    return [...keys, ...uploads.map((key) => `upload of ${key}`)].sort();
  }

  close(): void {
    this.bucket.close();
  }
}

/** Where the shared S3 is, and what opens it. */
export function s3Inputs(): Record<string, string> {
  const { endpoint, accessKey, secretKey } = sharedS3();
  return {
    's3-endpoint': endpoint,
    's3-max-retries': '1',
    'aws-access-key-id': accessKey,
    'aws-secret-access-key': secretKey,
  };
}

/** Waits for the end of a step, and asserts what holds for every end: outputs and summary are there, and no secret. */
export async function checked(handle: ActionHandle, inputs: Inputs): Promise<ActionResult> {
  const result = await handle.done;
  expect(Object.keys(result.outputs)).toEqual(expect.arrayContaining([...OUTPUT_NAMES]));
  expect(result.summary).toMatch(/^## /);
  expectNoSecrets(result, inputs);
  return result;
}

const SECRET_INPUTS = ['source-password', 'source-url', 'aws-access-key-id', 'aws-secret-access-key'];

/** Secrets are in the lines that tell the runner to mask them, which are the first of all, and nowhere else. */
export function expectNoSecrets(result: ActionResult, inputs: Inputs): void {
  const masks = result.lines.filter((line) => line.startsWith('::add-mask::'));
  expect(result.lines.slice(0, masks.length)).toEqual(masks);
  const { stderr, summary, outputs, state } = result;
  const shown = [...result.lines.slice(masks.length), stderr, summary, JSON.stringify({ outputs, state })].join('\n');
  for (const name of SECRET_INPUTS) {
    const secret = inputs[name];
    if (!secret) continue;
    for (const form of new Set([secret, encodeURIComponent(secret)])) {
      expect(masks).toContain(`::add-mask::${form.replaceAll('%', '%25')}`);
      expect(shown.includes(form) ? `${name} is shown` : 'hidden').toBe('hidden');
    }
  }
}

/** What a failed run says: exit code 1, and one error whose first line is enough to know what to do. */
export function expectFailure(result: ActionResult, firstLine: RegExp, nextStep?: RegExp): void {
  expect(result).toMatchObject({ exitCode: 1, signal: null, stderr: '' });
  const errors = result.annotations.filter(({ level }) => level === 'error');
  expect(errors).toHaveLength(1);
  const [first = '', ...rest] = errors[0]?.message.split('\n') ?? [];
  expect(first).toMatch(firstLine);
  if (nextStep !== undefined) expect(rest.join('\n')).toMatch(nextStep);
  expect(result.stdout).not.toMatch(/^ +at .*:\d+/m);
  expect(result.summary).toMatch(/^## ❌ /);
  expect(result.summary).toContain('What&nbsp;failed');
}
