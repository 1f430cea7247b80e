import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { callersNodeProgram, compileCache, PROJECT_DIRECTORY } from '../../testbed/places.js';
import { startInPty, type Pty } from '../../testbed/pty.js';
import { RestoreRuns } from '../commands/restore-runs.js';
import { sharedS3 } from '../helpers/shared-servers.js';

export type Variables = Readonly<Record<string, string>>;

/** How a run of the program ended. */
export interface CliResult {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CliHandle {
  pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when stderr matches; throws when the program ends before. */
  says(pattern: RegExp): Promise<void>;
  done: Promise<CliResult>;
}

/** The built program. */
export function bundle(): string {
  const path = resolve(PROJECT_DIRECTORY, process.env['PHASELIFT_TEST_DIST'] || 'dist', 'cli.js');
  if (!existsSync(path)) throw new Error(`${path} is not there: npm run build`);
  return path;
}

/** Starts the program without a terminal. */
export function startCli(args: readonly string[], env: Variables = {}): CliHandle {
  const child = spawn(callersNodeProgram(), [bundle(), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...compileCache(), ...env },
  });
  const watchers = new Set<() => void>();
  let [stdout, stderr, ended] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const watcher of watchers) watcher();
  });
  const done = new Promise<CliResult>((settle, reject) => {
    child.once('error', reject).once('close', (exitCode, signal) => {
      ended = true;
      for (const watcher of watchers) watcher();
      settle({ exitCode, signal, stdout, stderr });
    });
  });
  return {
    pid: child.pid ?? -1,
    kill: (signal) => void child.kill(signal),
    says: (pattern) =>
      new Promise((settle, reject) => {
        const look = (): void => {
          if (pattern.test(stderr)) settle();
          else if (ended) reject(new Error(`the program ended without saying ${String(pattern)}:\n${stderr}`));
        };
        watchers.add(look);
        look();
      }),
    done,
  };
}

export function runCli(args: readonly string[], env: Variables = {}): Promise<CliResult> {
  return startCli(args, env).done;
}

/** The program against a real PostgreSQL and a real S3, told of both by the variables of the older scripts. */
export class CliRuns {
  private constructor(
    readonly runs: RestoreRuns,
    private readonly home: string,
  ) {}

  static async create(sql: string): Promise<CliRuns> {
    return new CliRuns(await RestoreRuns.create(sql), await mkdtemp(join(tmpdir(), 'phaselift-cli-')));
  }

  /** As `run_migrate_db_s3.sh` exports them. */
  env(target: string, changes: Variables = {}): Record<string, string> {
    const { server, owner, source, bucket } = this.runs;
    const s3 = sharedS3();
    return {
      PATH: `${server.programs}:${process.env['PATH'] ?? ''}`,
      HOME: this.home,
      TMPDIR: this.home,
      LANG: 'C.UTF-8',
      SRC_PGHOST: server.host,
      SRC_PGPORT: String(server.port),
      SRC_PGUSER: owner.user,
      SRC_PGPASSWORD: owner.password,
      SRC_DBNAME: source,
      DST_PGHOST: server.host,
      DST_PGPORT: String(server.port),
      DST_PGUSER: owner.user,
      DST_PGPASSWORD: owner.password,
      DST_DBNAME: target,
      S3_BUCKET: bucket.settings.bucket,
      S3_ENDPOINT_URL: s3.endpoint,
      S3_MAX_RETRIES: '1',
      AWS_ACCESS_KEY_ID: s3.accessKey,
      AWS_SECRET_ACCESS_KEY: s3.secretKey,
      PG_CLIENT: 'path',
      BACKUP_NAME: 'one',
      ...changes,
    };
  }

  /** Runs the program without a terminal. Whatever becomes of it, no secret may show. */
  async run(args: readonly string[], target = '', changes: Variables = {}): Promise<CliResult> {
    const env = this.env(target, changes);
    const result = await runCli(args, env);
    this.expectNoSecrets(`${result.stdout}${result.stderr}`, env);
    return result;
  }

  /** The same, for a run that must be well. */
  async succeed(args: readonly string[], target = '', changes: Variables = {}): Promise<CliResult> {
    const result = await this.run(args, target, changes);
    if (result.exitCode !== 0) throw new Error(`exit ${String(result.exitCode)}:\n${result.stdout}${result.stderr}`);
    return result;
  }

  /** Starts the program in a pseudo-terminal. */
  inTerminal(args: readonly string[], target = '', changes: Variables = {}, columns = 100): Promise<Pty> {
    return startInPty([callersNodeProgram(), bundle(), ...args], { env: this.env(target, changes), columns });
  }

  expectNoSecrets(shown: string, env: Variables): void {
    for (const name of ['SRC_PGPASSWORD', 'DST_PGPASSWORD', 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID']) {
      const secret = env[name] ?? '';
      for (const form of secret === '' ? [] : [secret, encodeURIComponent(secret)]) {
        expect(shown.includes(form) ? `${name} is shown` : 'hidden').toBe('hidden');
      }
    }
  }

  async close(): Promise<void> {
    await this.runs.close();
    await rm(this.home, { recursive: true, force: true });
  }
}
