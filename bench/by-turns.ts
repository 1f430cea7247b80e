import { medianOf, type Measured } from './measure.js';
import { seconds } from './table.js';
import { say } from './workbench.js';

/** One way to do the work. */
export type Way = () => Promise<Measured>;

/** What came of each way: the medians of its runs; or why it failed. */
export type Outcome = Measured | { fault: string };

/**
 * Runs the ways by turns, so that whatever else the machine does meets all of them; gives what came of each, by its name. One that fails is
 * left out from there on, and does not cost the others what they have measured.
 */
export async function byTurns(
  what: string,
  ways: Readonly<Record<string, Way>>,
  repeats: number,
): Promise<(name: string) => Outcome> {
  const runs = new Map<string, Measured[]>();
  const faults = new Map<string, string>();
  for (let turn = 1; turn <= repeats; turn++) {
    const told: string[] = [];
    for (const [name, way] of Object.entries(ways)) {
      if (faults.has(name)) continue;
      try {
        const measured = await way();
        runs.set(name, [...(runs.get(name) ?? []), measured]);
        told.push(`${name} ${seconds(measured.wallMs)} (${seconds(measured.cpuMs)})`);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        faults.set(name, message.trim().split('\n').at(-1) ?? '');
        told.push(`${name} failed: ${message}`);
      }
    }
    say(`${what} ${turn} of ${repeats}, wall (CPU): ${told.join(', ')}`);
  }
  return (name) => {
    const [measured, fault] = [runs.get(name), faults.get(name)];
    if (fault !== undefined) return { fault };
    return measured === undefined ? { fault: 'was not run' } : medianOf(measured);
  };
}
