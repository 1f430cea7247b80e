import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOOLS } from '../../../src/postgres/toolbox/tool-versions.js';

/** A place for fake programs; `use` makes its `path` the whole PATH until `leave`. */
export class FakeMachine {
  readonly #pathBefore = process.env['PATH'];

  private constructor(readonly directory: string) {}

  static async make(): Promise<FakeMachine> {
    const machine = new FakeMachine(await mkdtemp(join(tmpdir(), 'phaselift-fake-')));
    await mkdir(join(machine.directory, 'bin'));
    process.env['PATH'] = join(machine.directory, 'bin');
    return machine;
  }

  /** Writes an executable shell script; returns its path. */
  async program(path: string, script: string): Promise<string> {
    const file = join(this.directory, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
    return file;
  }

  /** Tools of a version that tell on stdout who they are when they are not asked for their version. */
  async tools(bin: string, version: string, only: readonly string[] = TOOLS): Promise<void> {
    for (const tool of only) {
      const script = `if [ "$1" = --version ]; then echo "${tool} (PostgreSQL) ${version} (Fake)"; else echo "${tool} ${version} of $0"; fi`;
      await this.program(join(bin, tool), script);
    }
  }

  async leave(): Promise<void> {
    process.env['PATH'] = this.#pathBefore;
    await rm(this.directory, { recursive: true, force: true });
  }
}
