import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import { expectSameDump, expectSuccess } from '../engine/backup-trial.js';
import { createDatabase, createRole, dropDatabase, uniqueName } from '../helpers/databases.js';
import { runAction, type ActionHandle, type ActionResult, type ActionStep } from '../helpers/run-action.js';
import { checked, type Inputs } from './backup-runs.js';
import { sha256 } from './digests.js';

/** Rows of these are in another partition after a restore: the hash of an enum differs from database to database. */
const HASHED_BY_ENUM = ['--exclude-table-data=app.paints_*', '--exclude-table-data=app.mixed_high_*'];

/** Backups and restores of one database by the built action, in a local directory of their own. */
export class DirectoryRuns {
  private readonly databases: string[] = [];

  private constructor(
    readonly server: DatabaseServer,
    /** A plain role: it owns source and targets. */
    readonly owner: Login,
    readonly source: string,
    /** To be removed in the end. */
    private readonly root: string,
    /** What `local-directory` says; not there before the first backup. */
    readonly directory: string,
  ) {}

  static async create(server: DatabaseServer, sql: string): Promise<DirectoryRuns> {
    const owner = await createRole(server, { attributes: 'CREATEDB' });
    const source = await createDatabase(server, { sql, owner });
    const root = await mkdtemp(join(tmpdir(), 'phaselift-directory-'));
    const runs = new DirectoryRuns(server, owner, source, root, join(root, 'a "place", for', 'backups'));
    runs.databases.push(source);
    return runs;
  }

  /** All inputs of a backup; `changes` replace some. */
  backupInputs(changes: Inputs = {}): Record<string, string> {
    return { mode: 'backup', 'backup-name': 'one', ...this.common(), ...this.connection('source'), ...changes };
  }

  restoreInputs(target: string, changes: Inputs = {}): Record<string, string> {
    const names = { mode: 'restore', 'backup-name': 'one', 'target-database': target };
    return { ...names, ...this.common(), ...this.connection('target'), ...changes };
  }

  start(inputs: Inputs, step: Partial<ActionStep> = {}): Promise<ActionHandle> {
    const PATH = `${this.server.programs}:${process.env['PATH'] ?? ''}`;
    return runAction({ with: inputs, ...step, env: { PATH, ...step.env } });
  }

  /** Runs a step to its end, whatever that is; no secret shows. */
  async run(inputs: Inputs, step: Partial<ActionStep> = {}): Promise<ActionResult> {
    return checked(await this.start(inputs, step), inputs);
  }

  async backUp(changes: Inputs = {}, step: Partial<ActionStep> = {}): Promise<ActionResult> {
    const result = await this.run(this.backupInputs(changes), step);
    expectSuccess(result);
    return result;
  }

  /** Restores into a new database, which must be the same as the source then. Returns what was said. */
  async restore(changes: Inputs = {}, target = this.newTarget()): Promise<ActionResult> {
    const result = await this.run(this.restoreInputs(target, changes));
    expectSuccess(result);
    await this.expectRestored(target);
    return result;
  }

  async expectRestored(target: string): Promise<void> {
    const { server } = this;
    const options = { sortRows: true, args: HASHED_BY_ENUM };
    await expectSameDump({ server, name: this.source }, { server, name: target }, options);
  }

  /** A name that no database has; what comes to be under it is removed in the end. */
  newTarget(): string {
    const name = uniqueName('restored');
    this.databases.push(name);
    return name;
  }

  /** The folder with the backups of the source. */
  get folder(): string {
    return join(this.directory, this.source);
  }

  /** Of a backup. */
  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** All that stands in the folder, hidden or not; nothing without a folder. */
  async visible(): Promise<string[]> {
    return (await readdir(this.folder).catch(() => [])).sort();
  }

  /** File names of a backup, with digests of their contents. */
  async contents(name = 'one'): Promise<Record<string, string>> {
    const files = (await readdir(this.path(name))).sort();
    const read = files.map(async (file) => [file, sha256(await readFile(this.path(name, file)))] as const);
    return Object.fromEntries(await Promise.all(read));
  }

  /** Removes all backups. */
  async clear(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
    await mkdir(this.directory, { recursive: true });
  }

  async close(): Promise<void> {
    for (const name of this.databases) await dropDatabase(this.server, name);
    await rm(this.root, { recursive: true, force: true });
  }

  private common(): Record<string, string> {
    return { database: this.source, 'local-directory': this.directory, 'pg-client': 'path' };
  }

  private connection(side: 'source' | 'target'): Record<string, string> {
    return {
      [`${side}-host`]: this.server.host,
      [`${side}-port`]: String(this.server.port),
      [`${side}-user`]: this.owner.user,
      [`${side}-password`]: this.owner.password,
    };
  }
}
