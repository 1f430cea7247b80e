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

/** What a seed says: each kind in turn, at a moment that is equally likely all along a restore that takes so long. */
export function planOf(seed: number, usualMs: number): Plan {
  const random = new Random(seed);
  const first = KILL_KINDS[seed % KILL_KINDS.length] ?? 'action';
  const kills: PlannedKill[] = [{ kind: first, afterMs: random.next() * usualMs }];
  if (random.below(SECOND_KILL_IN) === 0) {
    kills.push({ kind: random.pick(KILL_KINDS) ?? 'action', afterMs: random.next() * usualMs });
  }
  return { kills, random };
}
