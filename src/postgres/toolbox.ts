import type { Readable, Writable } from 'node:stream';
import type { Text } from '../foundation/text.js';
import type { Version } from './version.js';

export type Tool = 'pg_dump' | 'pg_restore' | 'psql';

/** How a tool ended. */
export interface ToolExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines of stderr (at most 64 KiB). */
  stderr: string;
  /** The container that it ran in, where that does not run any more: `container postgres-1`. */
  lostContainer?: string;
}

/** A tool at work. Reading stdout slowly slows the tool down (back-pressure). */
export interface RunningTool {
  readonly tool: Tool;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves once, when the process has ended and its output is closed; never rejects. Spawn errors are exits with code 127 and the reason in stderr. */
  readonly exited: Promise<ToolExit>;
  /** SIGTERM, after a grace of two seconds SIGKILL; resolves when it is gone. In a container the lifeline is cut too. */
  stop(): Promise<void>;
}

export interface StartOptions {
  args: readonly string[];
  /** Added to a clean environment (PATH, HOME, LANG=C); PG* variables, secrets included, go here and never in args. */
  env: Readonly<Record<string, string>>;
  /** `pipe`: data is written to stdin. `none`: the tool reads nothing, and what is written is discarded. */
  input: 'pipe' | 'none';
  /**
   * A directory on the runner that the tool writes to, after `checkWritesTo`. No pipe tells such a tool that we are gone, so
   * it is ended when we are. In a container its files belong to the user that we are.
   */
  writesTo?: string;
  /** psql: it writes much data, so it is to write in large blocks. The other tools always do. */
  writesMuch?: boolean;
}

/** Where pg_dump, pg_restore and psql run. */
export interface Toolbox {
  readonly kind: 'path' | 'container' | 'image';
  /** One line for the log: what was chosen and why. */
  readonly description: string;
  readonly versions: Readonly<Record<Tool, Version>>;
  /** False in a container with a network of its own: `localhost` is the container itself there. */
  readonly sharesHostNetwork: boolean;
  start(tool: Tool, options: StartOptions): RunningTool;
  /** Tries whether the tools see a directory of the runner and write to it files that are ours. Why not, or null. */
  checkWritesTo(directory: string): Promise<Text | null>;
  /** Idempotent: removes what the toolbox made (a container started from an image, copied files). */
  close(): Promise<void>;
}

export interface ToolboxSettings {
  client: 'auto' | 'path' | 'container' | 'image';
  /** Id or name of a running container, or null. */
  container: string | null;
  /** null when the user named none: `postgres:16`, or the server's major when that is newer. */
  image: string | null;
  runtime: 'auto' | 'docker' | 'podman';
}
