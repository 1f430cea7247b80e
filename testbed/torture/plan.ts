import { Random } from '../random.js';
import type { Fault } from './fault.js';

/** A fault that is to come. */
export interface PlannedFault {
  kind: Fault;
  /** After the start of the run, or after the fault before it, milliseconds. */
  afterMs: number;
}

/** The faults of one trial, and what else is left to chance. Faults that have come are taken out. */
export interface Plan {
  faults: PlannedFault[];
  random: Random;
}

const MOST_FAULTS = 6;
/** S3 is read in about this share of a restore, the first one: later there is nothing to cut. */
const SHARE_OF_S3 = 0.5;

/** What a seed says: one fault or several, each of any kind, at moments that are equally likely all along a run that takes so long. */
export function planOf(seed: number, kinds: readonly Fault[], usualMs: number): Plan {
  const random = new Random(seed);
  const count = 1 + random.below(MOST_FAULTS);
  const moments = Array.from({ length: count }, () => random.next()).sort((one, other) => one - other);
  let last = 0;
  const faults = moments.map((moment) => {
    const possible = kinds.filter((kind) => kind !== 's3' || moment < SHARE_OF_S3);
    const afterMs = (moment - last) * usualMs;
    last = moment;
    return { kind: random.pick(possible) ?? 'action', afterMs };
  });
  return { faults, random };
}
