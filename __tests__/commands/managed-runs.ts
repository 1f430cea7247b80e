import { expect } from '@jest/globals';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import { runAction, type ActionHandle, type ActionResult } from '../helpers/run-action.js';
import { TestBucket } from '../store/s3-bucket.js';
import { s3Inputs } from './backup-runs.js';
import { ended as endOf } from './restore-runs.js';
import { runtimeEnv } from '../postgres/toolbox/runtimes.js';

export type Inputs = Readonly<Record<string, string>>;

/** What had to be done before a run ended well, as its messages said it. */
export interface Settled {
  result: ActionResult;
  /** The messages of the runs that failed. */
  messages: string[];
  /** The statements that they told, in order. */
  statements: string[];
  /** The lines for `skip-entries` that they told. */
  skipped: string[];
}

/** A statement alone on a line, or behind a colon. */
const STATEMENT =
  /(?:^\s*|: )((?:GRANT|ALTER ROLE|CREATE EXTENSION|CREATE SCHEMA|CREATE ROLE|SELECT 'GRANT) .*?)\.?$/gm;

/** The statements that a message tells its reader to run. */
export function statementsIn(message: string): string[] {
  return [...message.matchAll(STATEMENT)].map(([, statement = '']) => statement);
}

/** The lines that it tells to give as `skip-entries`. */
export function skippableIn(message: string): string[] {
  const found: string[] = [];
  let isListed = false;
  for (const line of message.split('\n')) {
    if (isListed && /^ *[A-Z]{4}/.test(line)) found.push(line.trim());
    else isListed = line.trimEnd().endsWith('one a line:');
  }
  return found;
}

export function messageOf(result: ActionResult): string {
  return result.annotations.find(({ level }) => level === 'error')?.message ?? '';
}

/** A statement in a sentence has no end of its own, and one of psql has another. */
function ended(statement: string): string {
  return /;$|\\gexec$/.test(statement) ? statement : `${statement};`;
}

/** Backups and restores on a server, as whoever logs in, by way of a bucket of their own. */
export class ManagedRuns {
  private constructor(
    readonly server: DatabaseServer,
    private readonly bucket: TestBucket,
  ) {}

  static async create(server: DatabaseServer): Promise<ManagedRuns> {
    return new ManagedRuns(server, await TestBucket.create());
  }

  backup(database: string, login: Login, more: Inputs = {}): Inputs {
    return { mode: 'backup', database, 'backup-name': 'one', ...this.side('source', login), ...this.place(), ...more };
  }

  restore(database: string, target: string, login: Login, more: Inputs = {}): Inputs {
    const verified = { 'backup-name': 'one', 'target-database': target, 'restore-jobs': '2', verify: 'full' };
    return { mode: 'restore', database, ...verified, ...this.side('target', login), ...this.place(), ...more };
  }

  start(inputs: Inputs): Promise<ActionHandle> {
    const PATH = `${this.server.programs}:${process.env['PATH'] ?? ''}`;
    return runAction({ with: inputs, env: { PATH, ...runtimeEnv() } });
  }

  async run(inputs: Inputs): Promise<ActionResult> {
    return endOf(await this.start(inputs));
  }

  async succeed(inputs: Inputs): Promise<ActionResult> {
    const result = await this.run(inputs);
    if (result.exitCode !== 0)
      throw new Error(`the run failed:\n${result.lines.slice(-40).join('\n')}${result.stderr}`);
    return result;
  }

  /**
   * Runs as somebody would who does what the messages say: the statements as superuser in `database`, and what none of them helps
   * with is left out. Fails where a message says nothing to do, or the same again.
   */
  async settle(inputs: Inputs, database: string): Promise<Settled> {
    const settled: Omit<Settled, 'result'> = { messages: [], statements: [], skipped: [] };
    for (;;) {
      const skipping = settled.skipped.length === 0 ? {} : { 'skip-entries': settled.skipped.join('\n') };
      const result = await this.run({ ...inputs, ...skipping });
      if (result.exitCode === 0) return { result, ...settled };
      // Before any work: nothing is left to be cleaned up.
      expect(result.stdout).toMatch(/^::error title=.* failed \(CHECKS\)::/m);
      const message = messageOf(result);
      settled.messages.push(message);
      const statements = statementsIn(message);
      const skippable = statements.length > 0 ? [] : skippableIn(message);
      const isNew = [...statements, ...skippable].some(
        (one) => ![...settled.statements, ...settled.skipped].includes(one),
      );
      if (!isNew) throw new Error(`nothing new to do: ${message}`);
      settled.statements.push(...statements);
      settled.skipped.push(...skippable);
      if (statements.length > 0) await this.server.psql(database, statements.map(ended).join('\n'));
    }
  }

  private side(side: 'source' | 'target', login: Login): Inputs {
    return {
      [`${side}-host`]: this.server.host,
      [`${side}-port`]: String(this.server.port),
      [`${side}-user`]: login.user,
      [`${side}-password`]: login.password,
    };
  }

  private place(): Inputs {
    return { 's3-bucket': this.bucket.settings.bucket, ...s3Inputs(), 'pg-client': 'path' };
  }

  close(): void {
    this.bucket.close();
  }
}
