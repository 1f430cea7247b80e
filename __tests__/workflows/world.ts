import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { expect } from '@jest/globals';
import { messageOf } from '../../src/foundation/errors.js';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import { IS_ROOT, PROJECT_DIRECTORY } from '../../testbed/places.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import type { RunOptions } from '../../testbed/workflow/options.js';
import { allSteps, type JobResult, type StepResult, type WorkflowResult } from '../../testbed/workflow/results.js';
import { runWorkflow, type WorkflowRun } from '../../testbed/workflow/run.js';
import { ServiceHost } from '../../testbed/workflow/service-host.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { runActionToEnd } from '../helpers/run-action.js';
import { sharedS3 } from '../helpers/shared-servers.js';
import { TestBucket } from '../store/s3-bucket.js';

/** The database that the examples have in mind. */
export const APP = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text UNIQUE);
  INSERT INTO customers SELECT i, 'Name ' || i, 'person' || i || '@example.com' FROM generate_series(1, 100) i;
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, created_at timestamptz NOT NULL);
  INSERT INTO orders SELECT i, i % 100 + 1, now() - i * interval '1 minute' FROM generate_series(1, 500) i;
  CREATE INDEX ON orders (created_at);
  CREATE TABLE sessions (token text);
  CREATE TABLE audit_log (note text);
  INSERT INTO sessions SELECT i FROM generate_series(1, 20) i;
  INSERT INTO audit_log SELECT i FROM generate_series(1, 30) i;`;
export const APP_ROWS = 650;

/** A daemon for the services of workflows, or why there is none here. */
export async function startServices(): Promise<ServiceHost | string> {
  if (!IS_ROOT) return 'a Docker daemon for tests needs root';
  return ServiceHost.start().catch((error: unknown) => messageOf(error).replaceAll('\n', ' '));
}

/** What a run is given beyond the variables and secrets of its World. */
export type Changes = Partial<Omit<RunOptions, 'services'>>;

/**
 * A server with the databases of the examples, a bucket, a daemon for service containers, and the variables and secrets that
 * the examples ask for.
 */
export class World {
  private constructor(
    readonly server: PostgresServer,
    readonly bucket: TestBucket,
    readonly services: ServiceHost,
    /** A plain role that may make databases. */
    readonly owner: Login,
    /** Further servers that containers reach. */
    private readonly others: readonly PostgresServer[],
  ) {}

  static async create(services: ServiceHost, { servers = 1 } = {}): Promise<World> {
    const [server, ...others] = await Promise.all(Array.from({ length: servers }, () => startPostgres()));
    if (server === undefined) throw new Error('a world has at least one server');
    for (const { port } of [server, ...others]) await services.reach(port);
    const bucket = await TestBucket.create();
    return new World(server, bucket, services, await createRole(server, { attributes: 'CREATEDB' }), others);
  }

  other(index = 0): DatabaseServer {
    const server = this.others[index];
    if (server === undefined) throw new Error(`there is no server ${index}`);
    return server;
  }

  database(name: string, sql = APP): Promise<string> {
    return createDatabase(this.server, { name, sql, owner: this.owner });
  }

  get secrets(): Record<string, string> {
    const { accessKey, secretKey } = sharedS3();
    return { ...this.loginSecrets(this.owner), BACKUP_ACCESS_KEY_ID: accessKey, BACKUP_SECRET_ACCESS_KEY: secretKey };
  }

  get vars(): Record<string, string> {
    const { endpoint } = sharedS3();
    const place = { BACKUP_BUCKET: this.bucket.settings.bucket, BACKUP_REGION: 'us-east-1', BACKUP_ENDPOINT: endpoint };
    const sides = ['SOURCE', 'TARGET', 'DATABASE'].map((side) => this.loginVars(side, this.server, this.owner));
    return Object.assign(place, ...sides) as Record<string, string>;
  }

  /** The variables that lead to a server. */
  loginVars(side: string, { host, port }: DatabaseServer, { user }: Login): Record<string, string> {
    return { [`${side}_HOST`]: host, [`${side}_PORT`]: String(port), [`${side}_USER`]: user };
  }

  start(example: string, changes: Changes = {}): WorkflowRun {
    const path = isAbsolute(example) ? example : join(PROJECT_DIRECTORY, 'examples', example);
    return runWorkflow(path, {
      event: 'workflow_dispatch',
      vars: this.vars,
      secrets: this.secrets,
      path: `${this.server.programs}:${process.env['PATH'] ?? ''}`,
      ...changes,
      services: this.services,
    });
  }

  /** Runs an example to its end. Whatever becomes of it, no secret shows. */
  async run(example: string, changes: Changes = {}): Promise<WorkflowResult> {
    const result = await this.start(example, changes).done;
    expectNoSecrets(result, { ...this.secrets, ...changes.secrets });
    return result;
  }

  /** The same, for one that must be well. */
  async succeed(example: string, changes: Changes = {}): Promise<WorkflowResult> {
    const result = await this.run(example, changes);
    if (result.result !== 'success') throw new Error(`${example}: ${result.result}\n${logOf(result)}`);
    return result;
  }

  /** Runs a workflow that is no example. */
  async runText(text: string, changes: Changes = {}): Promise<WorkflowResult> {
    const directory = await mkdtemp(join(tmpdir(), 'phaselift-workflow-'));
    const path = join(directory, 'test.yml');
    try {
      await writeFile(path, text);
      return await this.run(path, changes);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  /** A backup without any workflow around it. */
  async backUp(database: string, name: string): Promise<void> {
    const { server, owner } = this;
    const s3 = sharedS3();
    const inputs = {
      ...{ mode: 'backup', database, 'backup-name': name, 'pg-client': 'path', 's3-endpoint': s3.endpoint },
      ...{ 'source-host': server.host, 'source-port': String(server.port), 'source-user': owner.user },
      ...{ 'source-password': owner.password, 's3-bucket': this.bucket.settings.bucket },
      ...{ 'aws-access-key-id': s3.accessKey, 'aws-secret-access-key': s3.secretKey },
    };
    const env = { PATH: `${server.programs}:${process.env['PATH'] ?? ''}` };
    const { exitCode, lines } = await runActionToEnd({ with: inputs, env });
    if (exitCode !== 0) throw new Error(lines.slice(-20).join('\n'));
  }

  /** The databases of a server that are not its own. */
  async databases(server: DatabaseServer = this.server): Promise<string[]> {
    const sql = `SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1') ORDER BY 1`;
    return (await server.psql('postgres', sql)).split('\n');
  }

  async close(): Promise<void> {
    await this.services.stop();
    await Promise.all([this.server, ...this.others].map((server) => server.stop()));
    this.bucket.close();
  }

  private loginSecrets({ password }: Login): Record<string, string> {
    return { SOURCE_PASSWORD: password, TARGET_PASSWORD: password, DATABASE_PASSWORD: password };
  }
}

/** Secrets are only in the lines that tell the runner to mask them. */
function expectNoSecrets(result: WorkflowResult, secrets: Readonly<Record<string, string>>): void {
  const shown = allSteps(result).flatMap(({ lines, outputs, summary }) => [
    ...lines.filter((line) => !line.startsWith('::add-mask::')),
    ...Object.values(outputs),
    summary,
  ]);
  const found = Object.entries(secrets).filter(
    ([, secret]) => secret !== '' && shown.some((text) => text.includes(secret)),
  );
  expect(found.map(([name]) => name)).toEqual([]);
}

/** The end of what each step said. */
export function logOf(result: WorkflowResult): string {
  return allSteps(result)
    .map(({ name, conclusion, lines }) => [`== ${name}: ${conclusion}`, ...lines.slice(-30)].join('\n'))
    .join('\n');
}

/** The only job of this id. */
export function jobOf(result: WorkflowResult, id: string): JobResult {
  const [job, ...more] = result.jobs.filter((one) => one.id === id);
  if (job === undefined || more.length > 0) throw new Error(`there is not one job ${id}`);
  return job;
}

/** The first step of a job that uses Phaselift. */
export function phaseliftStep(job: JobResult): StepResult {
  const step = job.steps.find(({ outputs }) => 'backup-uri' in outputs);
  if (step === undefined) throw new Error(`no step of ${job.id} ran Phaselift`);
  return step;
}
