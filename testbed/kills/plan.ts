import { Random } from '../random.js';
import { KILL_KINDS, type KillKind } from './kill.js';

/** A kill that is to come. */
export interface PlannedKill {
  kind: KillKind;
  /** After the start of the run, or after the kill before it, milliseconds. */
  afterMs: number;
}

/** The kills of one trial, and what else is left to chance. Kills that have come are taken out. */
export interface Plan {
  kills: PlannedKill[];
  random: Random;
}

const MOST_KILLS = 6;
/** S3 is read in about this share of a restore, the first one: later there is nothing to cut. */
const SHARE_OF_S3 = 0.5;

/** What a seed says: one kill or several, each of any kind, at moments that are equally likely all along a restore that takes so long. */
export function planOf(seed: number, usualMs: number): Plan {
  const random = new Random(seed);
  const count = 1 + random.below(MOST_KILLS);
  const moments = Array.from({ length: count }, () => random.next()).sort((one, other) => one - other);
  let last = 0;
  const kills = moments.map((moment) => {
    const kinds = KILL_KINDS.filter((kind) => kind !== 's3' || moment < SHARE_OF_S3);
    const afterMs = (moment - last) * usualMs;
    last = moment;
    return { kind: random.pick(kinds) ?? 'action', afterMs };
  });
  return { kills, random };
}
