import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SeenProcess {
  pid: number;
  argv: string[];
}

/** Every process that this machine's kernel shows, those inside of containers included. */
export async function processes(): Promise<SeenProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const seen = await Promise.all(
    pids.map(async (pid) => {
      // It may have ended since.
      const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid: Number(pid), argv: cmdline.split('\0').slice(0, -1) };
    }),
  );
  return seen.filter(({ argv }) => argv.length > 0);
}

/** The processes of a program (by its name, or the end of its path) with this among their arguments. */
export async function running(program: string, argument: string): Promise<number[]> {
  const isIt = (file = ''): boolean => file === program || file.endsWith(`/${program}`);
  return (await processes()).filter(({ argv }) => isIt(argv[0]) && argv.includes(argument)).map(({ pid }) => pid);
}

/** Looks again and again until the answer is true; the test's own timeout is the limit. */
export async function until(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await sleep(50);
}
