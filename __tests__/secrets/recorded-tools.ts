import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place } from './marks.js';

/** Tools of PostgreSQL that write their arguments down before they do their work: what a list of processes would show. */
export class RecordedTools {
  private constructor(
    readonly directory: string,
    private readonly records: string,
  ) {}

  static async create(programs: string): Promise<RecordedTools> {
    const directory = await mkdtemp(join(tmpdir(), 'phaselift-recorded-'));
    const records = await mkdtemp(join(tmpdir(), 'phaselift-records-'));
    for (const tool of ['psql', 'pg_dump', 'pg_restore']) {
      const script = `#!/bin/bash\nprintf '%s\\0' "$0" "$@" > ${records}/$$-$RANDOM\nexec ${join(programs, tool)} "$@"\n`;
      await writeFile(join(directory, tool), script);
      await chmod(join(directory, tool), 0o755);
    }
    await symlink(join(programs, 'pg_dumpall'), join(directory, 'pg_dumpall')).catch(() => undefined);
    return new RecordedTools(directory, records);
  }

  /** The arguments of all that were started so far. */
  async arguments(): Promise<Place[]> {
    const names = await readdir(this.records);
    return Promise.all(
      names.map(async (name) => ({
        name: `arguments of a tool (${name})`,
        text: (await readFile(join(this.records, name), 'utf8')).replaceAll('\0', '\n'),
      })),
    );
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true });
    await rm(this.records, { recursive: true });
  }
}
