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

/** One trial in so many has a second kill. */
const SECOND_KILL_IN = 3;
/** S3 is read in about this share of a restore, the first one: later there is nothing to cut. */
const SHARE_OF_S3 = 0.5;

/** What a seed says: each kind in turn, at a moment that is equally likely all along a restore that takes so long (of S3: all along its reading). */
export function planOf(seed: number, usualMs: number): Plan {
  const random = new Random(seed);
  const first = KILL_KINDS[seed % KILL_KINDS.length] ?? 'action';
  const planned = (kind: KillKind): PlannedKill => {
    return { kind, afterMs: random.next() * usualMs * (kind === 's3' ? SHARE_OF_S3 : 1) };
  };
  const kills = [planned(first)];
  if (random.below(SECOND_KILL_IN) === 0) kills.push(planned(random.pick(KILL_KINDS) ?? 'action'));
  return { kills, random };
}
