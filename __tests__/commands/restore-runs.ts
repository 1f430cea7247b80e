import { expect } from '@jest/globals';
import { OUTPUT_NAMES } from '../../src/report/outputs.js';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import { createDatabase, createRole, dropDatabase, dumpText, uniqueName } from '../helpers/databases.js';
import { runAction, type ActionHandle, type ActionResult } from '../helpers/run-action.js';
import { sharedPostgres, sharedS3 } from '../helpers/shared-servers.js';
import { TestBucket } from '../store/s3-bucket.js';

export type Inputs = Readonly<Record<string, string>>;

/** Backups and restores of one source database by the built action, with a bucket of their own on a real S3. */
export class RestoreRuns {
  readonly server: DatabaseServer = sharedPostgres();
  private readonly databases: string[] = [];

  private constructor(
    /** A plain role: it owns source and targets, may make databases, and is no superuser. */
    readonly owner: Login,
    readonly bucket: TestBucket,
    readonly source: string,
  ) {}

  /** `sql` fills the source as its owner, `superuserSql` afterwards as the superuser. */
  static async create(sql: string, { superuserSql = '' }: { superuserSql?: string } = {}): Promise<RestoreRuns> {
    const server = sharedPostgres();
    const owner = await createRole(server, { attributes: 'CREATEDB' });
    const source = await createDatabase(server, { sql, owner });
    if (superuserSql !== '') await server.psql(source, superuserSql);
    const runs = new RestoreRuns(owner, await TestBucket.create(), source);
    runs.databases.push(source);
    return runs;
  }

  /** All inputs that a restore needs, into `target`; `changes` replace some. */
  inputs(target: string, changes: Inputs = {}): Record<string, string> {
    return {
      mode: 'restore',
      database: this.source,
      'target-database': target,
      ...this.connection('target'),
      ...this.place(changes['s3-uri'] === undefined),
      ...(changes['s3-uri'] === undefined ? { 'backup-name': 'one' } : {}),
      ...changes,
    };
  }

  async start(target: string, changes: Inputs = {}, env: Inputs = {}): Promise<ActionHandle> {
    const PATH = `${this.server.programs}:${process.env['PATH'] ?? ''}`;
    return runAction({ with: this.inputs(target, changes), env: { PATH, ...env } });
  }

  /** Runs a restore to its end, whatever that is. */
  async run(target: string, changes: Inputs = {}, env: Inputs = {}): Promise<ActionResult> {
    return this.withoutSecrets(await ended(await this.start(target, changes, env)), changes);
  }

  /** The same, for a restore that must be well. */
  async succeed(target: string, changes: Inputs = {}, env: Inputs = {}): Promise<ActionResult> {
    return this.withoutSecrets(await succeeded(await this.start(target, changes, env)), changes);
  }

  /** Passes on a result in which no secret shows, but in the lines that tell the runner to mask them. */
  private withoutSecrets(result: ActionResult, changes: Inputs): ActionResult {
    const lines = result.lines.filter((line) => !line.startsWith('::add-mask::'));
    const { stderr, summary, outputs, state } = result;
    const shown = [...lines, stderr, summary, JSON.stringify({ outputs, state })].join('\n');
    const inputs = this.inputs('', changes);
    for (const name of ['source-password', 'target-password', 'aws-secret-access-key']) {
      const secret = inputs[name] ?? '';
      // The short ones are wrong on purpose, and words that messages have as well.
      const forms = secret.length < 10 ? [] : [secret, encodeURIComponent(secret)];
      expect(forms.filter((form) => shown.includes(form)).map(() => name)).toEqual([]);
    }
    return result;
  }

  /** Backs the source up under a name. */
  async backUp(name = 'one', changes: Inputs = {}): Promise<ActionResult> {
    const inputs = { mode: 'backup', 'backup-name': name, database: this.source, ...this.place(), ...changes };
    const PATH = `${this.server.programs}:${process.env['PATH'] ?? ''}`;
    return succeeded(await runAction({ with: { ...this.connection('source'), ...inputs }, env: { PATH } }));
  }

  connection(side: 'source' | 'target', login = this.owner): Record<string, string> {
    return {
      [`${side}-host`]: this.server.host,
      [`${side}-port`]: String(this.server.port),
      [`${side}-user`]: login.user,
      [`${side}-password`]: login.password,
    };
  }

  private place(withBucket = true): Record<string, string> {
    const s3 = sharedS3();
    return {
      ...(withBucket ? { 's3-bucket': this.bucket.settings.bucket } : {}),
      's3-endpoint': s3.endpoint,
      's3-max-retries': '1',
      'aws-access-key-id': s3.accessKey,
      'aws-secret-access-key': s3.secretKey,
      'pg-client': 'path',
    };
  }

  /** Keys of a backup's two objects. */
  archiveKey(name = 'one'): string {
    return `${this.source}/${name}.dump`;
  }

  manifestKey(name = 'one'): string {
    return `${this.source}/${name}.manifest.json`;
  }

  uriOf(key: string): string {
    return `s3://${this.bucket.settings.bucket}/${key}`;
  }

  /** An empty database that the plain role owns (or another one). */
  async emptyTarget(sql = '', owner = this.owner): Promise<string> {
    const name = await createDatabase(this.server, { owner });
    this.databases.push(name);
    if (sql !== '') await this.server.psql(name, sql);
    return name;
  }

  /** A name that no database has; what comes to be under it is removed in the end. */
  missingTarget(): string {
    const name = uniqueName('made');
    this.databases.push(name);
    return name;
  }

  /** Both databases give the same text of pg_dump, and nothing of ours is left in the target. */
  async expectRestored(target: string): Promise<void> {
    const [before, after] = await Promise.all(
      [this.source, target].map((name) => dumpText(this.server, name, { sortRows: true })),
    );
    expect(after?.split('\n')).toEqual(before?.split('\n'));
    expect(await this.sessionsIn(target)).toBe('');
  }

  /** Sessions of Phaselift in a database. */
  async sessionsIn(database: string): Promise<string> {
    return this.server.psql(
      'postgres',
      `SELECT pid, application_name, state, left(query, 60) FROM pg_stat_activity
       WHERE datname = '${database}' AND application_name LIKE 'phaselift%'`,
    );
  }

  /** A database in which nobody has made anything: also no journal. */
  async expectUntouched(target: string): Promise<void> {
    const sql = `SELECT relname FROM pg_class WHERE oid >= 16384 AND relnamespace::regnamespace::text !~ '^pg_'
      UNION ALL SELECT nspname FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_'`;
    expect(await this.server.psql(target, sql)).toBe('');
  }

  async exists(database: string): Promise<boolean> {
    return (await this.server.psql('postgres', `SELECT 1 FROM pg_database WHERE datname = '${database}'`)) === '1';
  }

  async close(): Promise<void> {
    for (const name of this.databases) await dropDatabase(this.server, name);
    this.bucket.close();
  }
}

/** Waits for the end of a step; whatever it is, outputs and a summary are there. */
export async function ended(handle: ActionHandle): Promise<ActionResult> {
  const result = await handle.done;
  expect(Object.keys(result.outputs)).toEqual(expect.arrayContaining([...OUTPUT_NAMES]));
  expect(result.summary).toMatch(/^## /);
  return result;
}

export async function succeeded(handle: ActionHandle): Promise<ActionResult> {
  const result = await ended(handle);
  if (result.exitCode === 0) return result;
  throw new Error(`the step failed:\n${result.lines.slice(-40).join('\n')}\n${result.stderr}`);
}
