import { readFile } from 'node:fs/promises';
import { arch, cpus, totalmem } from 'node:os';
import { nodeProgram } from '../testbed/places.js';
import { runProgram } from '../testbed/run-program.js';
import type { Workbench } from './workbench.js';

/** What a figure means nothing without, a fact a line. */
export async function machineFacts(workbench: Workbench): Promise<string[]> {
  const [system, node, postgres] = await Promise.all([
    systemName(),
    runProgram(nodeProgram(), ['--version']),
    workbench.postgres.psql('postgres', 'SHOW server_version'),
  ]);
  const [first] = cpus();
  return [
    `${cpus().length} cores of ${first?.model.trim() ?? 'an unknown model'} (${arch()}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory, ${system}`,
    `PostgreSQL ${postgres}, server and client on the same machine; Node ${node.trim()}`,
  ];
}

async function systemName(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="?(.*?)"?$/m.exec(release)?.[1] ?? process.platform;
}
