import type { Strike } from './disturbed-run.js';

/** How one trial has ended. */
export interface TrialResult {
  seed: number;
  /** What was disturbed. */
  way: 'restore' | 'backup' | 'damage';
  /** Faults that have hit, in order. */
  strikes: Strike[];
  /** How often the action was run. */
  runs: number;
  ms: number;
  /** Why it is not as it should be, in lines; none: nothing was lost. */
  losses: string[];
  /** What is worth a word, and no loss. */
  notes: string[];
}

export function begunTrial(seed: number, way: TrialResult['way']): TrialResult {
  return { seed, way, strikes: [], runs: 0, ms: 0, losses: [], notes: [] };
}

/** `seed 7, restore: server at 1.2 s in Phase data; 1 run, 4.1 s; nothing lost`. */
export function lineOf({ seed, way, strikes, runs, ms, losses, notes }: TrialResult): string {
  const hits = strikes.map(({ kind, atMs, during }) => `${kind} at ${seconds(atMs)} in ${during}`);
  const told = notes.map((note) => ` (${note})`).join('');
  const outcome = losses.length > 0 ? 'LOST' : 'nothing lost';
  return `seed ${seed}, ${way}: ${hits.join(', ') || 'no hit'}; ${runs} ${runs === 1 ? 'run' : 'runs'}, ${seconds(ms)}; ${outcome}${told}`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
