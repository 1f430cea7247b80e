import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../postgres/toolbox/processes.js';

/** Stops before it begins with arguments of this pattern (with a snapshot of others), until it may go on. The paths are in it, as tools get a clean environment. */
const waiting = (directory: string, programs: string, pattern: string): string => `#!/bin/sh
case "$*" in ${pattern}) touch '${directory}/reached'; while [ ! -e '${directory}/open' ]; do sleep 0.05; done ;; esac
exec '${programs}/pg_dump' "$@"
`;

/** Is killed at once where its arguments match this pattern of the shell. */
const killed = (pattern: string, programs: string): string => `#!/bin/sh
case "$*" in ${pattern}) kill -KILL $$ ;; esac
exec '${programs}/pg_dump' "$@"
`;

/**
 * A directory of tools whose pg_dump waits: when it does, a snapshot has been exported, and no table is locked. Or whose pg_dump
 * is killed.
 */
export class GatedPgDump {
  private constructor(
    private readonly directory: string,
    /** What the step has to have in its environment. */
    readonly env: Readonly<Record<string, string>>,
  ) {}

  /** `programs`: the directory of the real tools. */
  static async create(
    programs: string,
    at: { waitsAt: string } | { killedAt: string } = { waitsAt: '*--snapshot=*' },
  ): Promise<GatedPgDump> {
    const directory = await mkdtemp(join(tmpdir(), 'phaselift-gate-'));
    const script = 'killedAt' in at ? killed(at.killedAt, programs) : waiting(directory, programs, at.waitsAt);
    await writeFile(join(directory, 'pg_dump'), script);
    await chmod(join(directory, 'pg_dump'), 0o755);
    for (const tool of ['psql', 'pg_restore']) await symlink(join(programs, tool), join(directory, tool));
    const PATH = `${directory}:${process.env['PATH'] ?? ''}`;
    return new GatedPgDump(directory, { PATH });
  }

  /** The path of the pg_dump that waits. */
  get pgDump(): string {
    return join(this.directory, 'pg_dump');
  }

  /** Comes back when pg_dump waits. */
  async reached(): Promise<void> {
    await until(() => Promise.resolve(existsSync(join(this.directory, 'reached'))));
  }

  async open(): Promise<void> {
    await writeFile(join(this.directory, 'open'), '');
  }

  async remove(): Promise<void> {
    await this.open();
    await rm(this.directory, { recursive: true });
  }
}
