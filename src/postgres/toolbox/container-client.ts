import { which } from '@actions/io';
import { messageOf } from '../../foundation/errors.js';
import { startProcess, type RunningProcess, type StartProcessOptions } from '../../process/running-process.js';
import { runShortCommand } from '../../process/short-command.js';
import type { ToolboxSettings } from '../toolbox.js';
import { clientEnvironment } from './environment.js';

export type RuntimeName = 'docker' | 'podman';

export interface ClientOutput {
  ok: boolean;
  stdout: string;
  /** The last line that the client wrote to stderr, for messages. */
  complaint: string;
}

/** The command line client of a container runtime. */
export interface ContainerClient {
  readonly name: RuntimeName;
  /** Runs a short command to its end; never throws. Not for data: it collects the output in memory. */
  run(args: readonly string[], input?: Buffer): Promise<ClientOutput>;
  /** Starts a long command with streams. */
  start(args: readonly string[], options: StartProcessOptions): RunningProcess;
}

/** The clients to try, in order, and the reasons why others cannot be. */
export async function findClients(
  runtime: ToolboxSettings['runtime'],
): Promise<{ clients: ContainerClient[]; reasons: string[] }> {
  const names: RuntimeName[] = runtime === 'auto' ? ['docker', 'podman'] : [runtime];
  const clients: ContainerClient[] = [];
  const reasons: string[] = [];
  for (const name of names) {
    const path = await which(name, false);
    if (path === '') reasons.push(`${name}: not on PATH`);
    else clients.push(clientAt(name, path));
  }
  return { clients, reasons };
}

function clientAt(name: RuntimeName, path: string): ContainerClient {
  return {
    name,
    async run(args, input) {
      try {
        const output = await runShortCommand(path, args, { env: clientEnvironment(), input });
        const complaint = output.stderr.trim().split('\n').at(-1) ?? '';
        return { ok: output.exitCode === 0, stdout: output.stdout, complaint: complaint || `exit ${output.exitCode}` };
      } catch (error) {
        return { ok: false, stdout: '', complaint: messageOf(error) };
      }
    },
    start(args, options) {
      return startProcess(path, args, { ...options, env: { ...clientEnvironment(), ...options.env } });
    },
  };
}

/**
 * Removes a container that a run started from an image; one that is gone already is no error. For the clean-up after a kill.
 * Returns why it could not, or null.
 */
export async function removeContainer(runtime: RuntimeName, name: string): Promise<string | null> {
  const { clients, reasons } = await findClients(runtime);
  const client = clients[0];
  if (client === undefined) return reasons.join('; ');
  const removed = await client.run(['rm', '-f', name]);
  return removed.ok || /no such container|already in progress/i.test(removed.complaint) ? null : removed.complaint;
}
