import { input, phrase, type Phrase } from '../foundation/text.js';
import type { Version } from './version.js';

/** A release of pg_dump whose archives lack something, and nobody is told. */
interface Defect {
  major: number;
  minors: readonly number[];
  what: string;
  /** The first release without it. */
  repairedIn: string;
}

const DEFECTS: readonly Defect[] = [
  {
    major: 18,
    minors: [0, 1],
    what: 'leaves out the positions of sequences that the role may not read',
    repairedIn: '18.2',
  },
];

/** A word of warning about this pg_dump; null where nothing is known of it. */
export function dumpDefect({ major, minor, text }: Version): Phrase | null {
  const defect = DEFECTS.find((known) => known.major === major && known.minors.includes(minor));
  // A beta has other faults, and its number says 0 as well.
  if (defect === undefined || !/^[\d.]+$/.test(text)) return null;
  return phrase`pg_dump ${text} ${defect.what}: use ${defect.repairedIn} or newer (${input('pg-image')}, or the packages of the runner)`;
}
