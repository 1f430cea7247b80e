import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { compileCache, nodeProgram, PROJECT_DIRECTORY } from './places.js';
import { parseAnnotation, parseFileCommands, type Annotation } from './runner-commands.js';

/** One step of a workflow. */
export interface ActionStep {
  /** The inputs, by the names of action.yml. */
  with: Readonly<Record<string, string>>;
  /** Further environment variables; PATH may be replaced here. */
  env?: Readonly<Record<string, string>>;
  /** Which program of the action; default `main`. */
  entry?: 'main' | 'post';
  /** The bundle to run; default `dist`, or what PHASELIFT_TEST_DIST names. */
  bundle?: string | undefined;
  /** What main saved, when this is its post step. */
  state?: Readonly<Record<string, string>>;
  /** The folder that it works in, made by others; default the one that its home and RUNNER_TEMP are. */
  workspace?: string;
  /** Gets the output of the step as it comes. */
  onOutput?: (text: string) => void;
}

/** How a step ended, and what it left. */
export interface ActionResult {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The lines of stdout. */
  lines: readonly string[];
  outputs: Readonly<Record<string, string>>;
  /** Markdown. */
  summary: string;
  state: Readonly<Record<string, string>>;
  annotations: readonly Annotation[];
  /** Files that it left in its workspace (its own or that of others), home and RUNNER_TEMP. */
  leftFiles: readonly string[];
}

/** A step that runs. */
export interface ActionHandle {
  readonly pid: number;
  /** Default SIGINT, the first that a cancelled job gets. Only the step's own process is signalled. */
  kill(signal?: NodeJS.Signals): void;
  /** The lines of stdout so far. */
  readonly lines: readonly string[];
  /** Calls back for each further line of stdout. */
  onLine(listener: (line: string) => void): void;
  readonly done: Promise<ActionResult>;
}

/** Starts the built action as the runner starts a step: its inputs in INPUT_*, its files in a temporary directory. */
export async function runAction(step: ActionStep): Promise<ActionHandle> {
  const bundle = join(step.bundle ?? bundleDirectory(), step.entry === 'post' ? 'post/index.js' : 'index.js');
  if (!existsSync(bundle)) throw new Error(`${bundle} is not there: npm run build`);
  const inputs = await inputVariables(step.with);
  const directory = await mkdtemp(join(tmpdir(), 'phaselift-step-'));
  const file = (name: string) => join(directory, name);
  const files = { GITHUB_OUTPUT: 'output', GITHUB_STATE: 'state', GITHUB_STEP_SUMMARY: 'summary', GITHUB_ENV: 'env' };
  await Promise.all(Object.values(files).map((name) => writeFile(file(name), '')));
  const workspace = step.workspace ?? directory;
  const own = new Set<string>(Object.values(files));
  const before = new Set(await readdir(workspace, { recursive: true }));

  const child = spawn(nodeProgram(), [bundle], {
    cwd: workspace,
    detached: true, // Ctrl-C at the terminal is for us; the step gets its signals from us
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      LANG: 'C.UTF-8',
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: directory,
      ...compileCache(),
      ...Object.fromEntries(Object.entries(files).map(([variable, name]) => [variable, file(name)])),
      ...inputs,
      ...Object.fromEntries(Object.entries(step.state ?? {}).map(([name, value]) => [`STATE_${name}`, value])),
      ...step.env,
    },
  });

  const lines: string[] = [];
  const listeners: ((line: string) => void)[] = [];
  let [stdout, stderr, rest] = ['', '', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    step.onOutput?.(text);
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      for (const listener of listeners) listener(line);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    step.onOutput?.(text);
  });

  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject).once('exit', (code, signal) => {
      resolve([code, signal]);
    });
  });
  const closed = new Promise((resolve) => child.once('close', resolve));

  async function end(): Promise<ActionResult> {
    try {
      const [exitCode, signal] = await exited;
      // What a killed step leaves behind may hold its output open.
      await Promise.race([closed, sleep(2_000, undefined, { ref: false })]);
      const folders = new Set([directory, workspace]);
      const left = (await Promise.all([...folders].map((folder) => readdir(folder, { recursive: true })))).flat();
      const read = (name: keyof typeof files) => readFile(file(files[name]), 'utf8');
      return {
        exitCode,
        signal,
        stdout,
        stderr,
        lines: rest === '' ? lines : [...lines, rest],
        outputs: parseFileCommands(await read('GITHUB_OUTPUT')),
        summary: await read('GITHUB_STEP_SUMMARY'),
        state: parseFileCommands(await read('GITHUB_STATE')),
        annotations: lines.map(parseAnnotation).filter((annotation) => annotation !== null),
        leftFiles: left.filter((name) => !own.has(name) && !before.has(name)),
      };
    } finally {
      child.stdout.destroy();
      child.stderr.destroy();
      await rm(directory, { recursive: true, force: true });
    }
  }

  return {
    pid: child.pid ?? -1,
    kill: (signal = 'SIGINT') => void child.kill(signal),
    lines,
    onLine: (listener) => void listeners.push(listener),
    done: end(),
  };
}

/** The built bundle: `dist` of the project, or the directory that PHASELIFT_TEST_DIST names, for work on one's own build. */
function bundleDirectory(): string {
  return resolve(PROJECT_DIRECTORY, process.env['PHASELIFT_TEST_DIST'] || 'dist');
}

/** INPUT_* of every input that action.yml declares: as given, else its default, else empty, as the runner sets them. */
async function inputVariables(given: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  declaration ??= readFile(join(PROJECT_DIRECTORY, 'action.yml'), 'utf8').then(
    (text): unknown => parse(text, { schema: 'failsafe' }), // every scalar stays the string that it is to the runner
  );
  const declared = child(await declaration, 'inputs') ?? {};
  for (const name of Object.keys(given)) {
    if (child(declared, name) === undefined) throw new Error(`action.yml declares no input "${name}"`);
  }
  return Object.fromEntries(
    Object.entries(declared).map(([name, input]) => {
      const fallback = child(input, 'default');
      const value = given[name] ?? (typeof fallback === 'string' ? fallback : '');
      return [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value];
    }),
  );
}

/** action.yml, read once. */
let declaration: Promise<unknown> | undefined;

function child(node: unknown, key: string): unknown {
  return typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined;
}
