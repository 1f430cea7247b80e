import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** The children of a process. */
export async function childrenOf(pid: number): Promise<{ pid: number; name: string }[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').map(Number).filter(Boolean);
  return Promise.all(children.map(async (child) => ({ pid: child, name: await processName(child) })));
}

/** The name of a process's program; empty when it is gone. Programs out of the testbed's packages are started by their loader. */
export async function processName(pid: number): Promise<string> {
  const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  const given = args[args.indexOf('--argv0') + 1];
  if (args.includes('--argv0') && given !== undefined) return basename(given);
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
}
