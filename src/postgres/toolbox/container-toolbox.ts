import { readFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { PhaseliftError } from '../../foundation/errors.js';
import { input, phrase } from '../../foundation/text.js';
import { discarding } from '../../process/running-process.js';
import type { Toolbox, ToolExit } from '../toolbox.js';
import { withBulkOutput } from './bulk-output.js';
import type { ContainerClient } from './container-client.js';
import { commandInContainer } from './lifeline.js';
import { findWriter } from './shared-directory.js';
import { isUnusable, readToolVersions, TOOLS, tooOld, versionsText, type Unusable } from './tool-versions.js';

/** What the tools must be able to do. */
export interface ToolboxNeed {
  /** Major versions of the servers (and archives), as far as they are known. */
  serverMajors: readonly number[];
  /** Path of a PEM file on the runner, `system`, or null. */
  sslRootCert: string | null;
  /** Paths of further files on the runner that connections name: certificates and keys. */
  files?: readonly string[];
  /** A directory of the runner that the tools write to: mounted into a container that is started for them. */
  directory?: string | null;
}

/** A container that runs, whoever started it. */
export interface RunningContainer {
  client: ContainerClient;
  id: string;
  kind: 'container' | 'image';
  sharesHostNetwork: boolean;
  /** For the description: `container postgres-1`. */
  title: string;
  /** Ends the container, when it is ours. */
  end(): Promise<void>;
}

/**
 * A toolbox that runs the tools by `exec` in a container. Variables go by name (`-e PGPASSWORD`), their values in the
 * client's own environment, so that no list of processes shows a secret. Throws INPUT when the root certificate cannot be read.
 */
export async function toolboxIn(container: RunningContainer, need: ToolboxNeed): Promise<Toolbox | Unusable> {
  const { client, id } = container;
  // One shell for all: a round trip costs a tenth of a second.
  const questions = [...TOOLS.map((tool) => `${tool} --version`), 'command -v stdbuf'];
  const printed = await client.run(['exec', id, 'sh', '-c', questions.join('; ')]);
  const versions = readToolVersions(printed.stdout);
  if (isUnusable(versions)) {
    // The complaint is more telling where not even a shell could be started.
    return { reason: printed.stdout === '' && !printed.ok ? printed.complaint : versions.reason };
  }
  const stdbuf = /^\/.*\/stdbuf$/m.exec(printed.stdout)?.[0] ?? '';
  const old = tooOld(versions, need.serverMajors);
  if (old !== null) return old;

  const copies = await copyAll(container, [need.sslRootCert, ...(need.files ?? [])]);
  if (isUnusable(copies)) return copies;

  let closed: Promise<void> | null = null;
  let writer: readonly string[] = [];
  return {
    kind: container.kind,
    sharesHostNetwork: container.sharesHostNetwork,
    description: `PostgreSQL tools ${versionsText(versions)} in ${container.title} (${client.name})`,
    versions,
    async checkWritesTo(directory) {
      const found = await findWriter(client, id, directory);
      if (found !== null) writer = found;
      if (found !== null || container.kind === 'image') return found === null ? CANNOT_WRITE : null;
      const others = phrase`leave ${input('pg-container')} out, or set ${input('pg-client', 'path')} or ${input('pg-client', 'image')}`;
      return phrase`the directory is not to be seen, or not to be written to, in ${container.title}: mount it there under the same path, or ${others}`;
    },
    start(tool, { args, env, input: given, writesTo, writesMuch }) {
      const variables: Record<string, string> = { LANG: 'C', LC_ALL: 'C', ...env };
      for (const name of FILE_VARIABLES) {
        const inside = copies.get(env[name] ?? '');
        if (inside !== undefined) variables[name] = inside;
      }
      const names = Object.keys(variables);
      const command = commandInContainer(withBulkOutput(stdbuf, tool, [tool, ...args], writesMuch), {
        input: given,
        variables: names,
      });
      const user = writesTo === undefined ? [] : writer;
      const execArgs = ['exec', '-i', ...user, ...names.flatMap((name) => ['-e', name]), id, ...command];
      // Stdin is always a pipe: for a tool that reads nothing it is the lifeline. A SIGTERM would end the client only.
      const askToEnd = (stdin: Writable) => stdin.destroy();
      const running = client.start(execArgs, { env: variables, input: 'pipe', askToEnd, graceMs: 3000 });
      // The lifeline is kept from callers: who ends the stdin of a tool that reads nothing means no harm.
      const exited = running.exited.then((exit) => withLoss(exit, container));
      return { tool, ...running, exited, ...(given === 'none' ? { stdin: discarding() } : {}) };
    },
    close() {
      closed ??= close(container, [...copies.values()]);
      return closed;
    },
  };
}

/** What the client says and how it exits when the container is not there, or goes away: 137 is SIGKILL for all that runs in it. */
const NO_CONTAINER = /\b(?:is not running|no such container|no container with name or ID|container state improper)\b/i;
const KILLED = 137;

/** A container that has gone away looks as if its tools had been killed, and is looked for then. */
async function withLoss(exit: ToolExit, { client, id, kind, title }: RunningContainer): Promise<ToolExit> {
  if (exit.code !== KILLED && (exit.code === 0 || !NO_CONTAINER.test(exit.stderr))) return exit;
  const inspected = await client.run(['container', 'inspect', '--format', '{{.State.Running}}', id]);
  const isThere = inspected.ok ? inspected.stdout.trim() === 'true' : !NO_CONTAINER.test(inspected.complaint);
  return isThere ? exit : { ...exit, lostContainer: kind === 'image' ? `container of ${title}` : title };
}

const CANNOT_WRITE =
  'the container that the tools run in cannot write to the directory: does the container runtime run on another machine?';

/** Variables of libpq that name files. */
const FILE_VARIABLES = ['PGSSLROOTCERT', 'PGSSLCERT', 'PGSSLKEY', 'PGSSLCRL'];

async function close(container: RunningContainer, copiedFiles: readonly string[]): Promise<void> {
  // In a container of our own the files go with it.
  if (copiedFiles.length > 0 && container.kind === 'container') {
    await container.client.run(['exec', container.id, 'rm', '-f', ...copiedFiles]);
  }
  await container.end();
}

/** Where the files of the runner are in the container: each is copied once. */
async function copyAll(
  container: RunningContainer,
  paths: readonly (string | null)[],
): Promise<ReadonlyMap<string, string> | Unusable> {
  const copies = new Map<string, string>();
  for (const path of paths) {
    // libpq knows `system` for what it is: the certificates that the container has.
    if (path === null || path === 'system' || copies.has(path)) continue;
    const copy = await copyIn(container, path);
    if (isUnusable(copy)) {
      await close({ ...container, end: () => Promise.resolve() }, [...copies.values()]);
      return copy;
    }
    copies.set(path, copy.path);
  }
  return copies;
}

/** Copies a file of the runner into the container; returns where it is there. */
async function copyIn({ client, id }: RunningContainer, path: string): Promise<{ path: string } | Unusable> {
  const contents = await readFile(path).catch((error: unknown) => {
    const hint = phrase`Check ${input('ssl-root-cert')}, and the certificates and keys that connection URLs name.`;
    const details = { hint, object: path, cause: error };
    throw new PhaseliftError('INPUT', `the file ${path} of a certificate or key cannot be read`, details);
  });
  // mktemp makes it readable for its owner only, as libpq asks of keys.
  const script = 'file=$(mktemp /tmp/phaselift-XXXXXX) && cat > "$file" && echo "$file"';
  const made = await client.run(['exec', '-i', id, 'sh', '-c', script], contents);
  return made.ok
    ? { path: made.stdout.trim() }
    : { reason: `cannot copy certificates and keys into it: ${made.complaint}` };
}
