import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { DatabaseServer } from '../../testbed/database-server.js';
import { ownEnvironment } from '../../testbed/run-program.js';
import { checked, type BackupRuns } from '../commands/backup-runs.js';
import { HoldingS3, SMALL_PARTS } from '../commands/held-parts.js';
import { uniqueName } from '../helpers/databases.js';
import type { ActionHandle, ActionResult } from '../helpers/run-action.js';
import { sharedS3 } from '../helpers/shared-servers.js';
import { until } from '../postgres/toolbox/processes.js';
import { readerInputs, type Trial } from './reader-trial.js';

/** A session that somebody else has in the server, for as long as a test needs it. */
export interface OtherSession {
  /** Sends SQL and does not wait. */
  send(sql: string): void;
  /** Sends SQL and comes back when it is done. */
  run(sql: string): Promise<void>;
  /** The session ends, and what it has begun is rolled back. */
  end(): Promise<void>;
}

export function otherSession(server: DatabaseServer, database: string): OtherSession {
  const psql = spawn(join(server.programs, 'psql'), ['-XAtq', '-v', 'ON_ERROR_STOP=1'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...ownEnvironment(), ...server.environment(database), PGAPPNAME: 'somebody else' },
  });
  const closed = once(psql, 'close');
  psql.stdin.on('error', () => undefined); // the test may have ended the session in the server
  let seen = '';
  psql.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
  return {
    send: (sql) => void psql.stdin.write(`${sql};\n`),
    async run(sql) {
      const mark = uniqueName('done');
      psql.stdin.write(`${sql};\n\\echo ${mark}\n`);
      await until(() => Promise.resolve(seen.includes(mark)));
    },
    async end() {
      psql.stdin.end();
      await closed;
    },
  };
}

/** Sessions that backups have in a database: what they do, in the order of their start. */
export async function sessionsOf(server: DatabaseServer, database: string): Promise<string[]> {
  const sql = `SELECT left(replace(query, E'\\n', ' '), 60) FROM pg_stat_activity WHERE datname = '${database}' AND backend_type = 'client backend' AND application_name <> 'somebody else' ORDER BY backend_start`;
  const rows = await server.psql('postgres', sql);
  return rows === '' ? [] : rows.split('\n');
}

/** A backup that failed leaves nothing in the store, and soon nothing in the server. */
export async function expectNothingLeft(runs: BackupRuns, database: string): Promise<void> {
  expect(await runs.visible()).toEqual([]);
  await until(async () => (await sessionsOf(runs.postgres, database)).length === 0);
}

/** A backup by several readers that cannot go on, as its store takes no more: each reader is in the middle of its reading. */
export class HeldReaders {
  private constructor(
    private readonly runs: BackupRuns,
    private readonly database: string,
    private readonly s3: HoldingS3,
    readonly handle: ActionHandle,
  ) {}

  /** Comes back when so much is on its way to the store that nobody can write more. */
  static async start(runs: BackupRuns, database: string, trial: Trial = {}): Promise<HeldReaders> {
    const s3 = await HoldingS3.before(sharedS3().endpoint);
    const inputs = { ...readerInputs(trial), ...SMALL_PARTS, 's3-endpoint': s3.endpoint };
    const handle = await runs.start(database, inputs, { env: trial.env ?? {} });
    await Promise.race([s3.isHolding, handle.done]);
    return new HeldReaders(runs, database, s3, handle);
  }

  letGo(): void {
    this.s3.letGo();
  }

  /** What became of it, now that it goes on. */
  async end(): Promise<ActionResult> {
    this.s3.letGo();
    try {
      return await checked(this.handle, this.runs.inputs(this.database));
    } finally {
      await this.s3.stop();
    }
  }

  /** The store is not there any more. */
  async loseStore(): Promise<void> {
    await this.s3.stop();
  }
}
