import { fittingParts, OUTPUT_CHARACTERS } from './backups-output.js';
import type { RunPlan, TimeEstimate } from './run-plan.js';

/** The output `plan` as JSON, and what of it does not fit. */
export interface PlanOutput {
  json: string;
  unitsLeftOut: number;
  indexesLeftOut: number;
}

/** What is a list may take so much of the output: indexes first, as they are asked for most, then the units. */
const SHARES = { indexes: 0.5, reasons: 0.65, leftOut: 0.75 } as const;

/** The output `plan`: lists in their order, as far as they fit; how many units and indexes do not is said. */
export function planOutput(plan: RunPlan, limit = OUTPUT_CHARACTERS): PlanOutput {
  const { mode, backup, restore, notChecked } = plan;
  const work = restore?.work ?? null;
  let used = 0;
  const fitting = (lines: readonly (object | string)[], share: number): string[] => {
    const parts = fittingParts(lines, used, limit * share);
    used += parts.reduce((sum, part) => sum + part.length + 1, 0);
    return parts;
  };
  const { phases = null, estimatedBytes = null, time = null, indexStrategy = null } = work ?? {};
  const frame = {
    mode,
    backup: backup === null ? null : withTime(backup),
    restore:
      restore === null ? null : { ...restore, work: undefined, indexStrategy, phases, estimatedBytes, ...timeOf(time) },
    notChecked,
    estimatedSeconds: secondsOf(plan),
  };
  used = JSON.stringify(frame).length + NAMES_LENGTH;
  const indexes = fitting(work?.indexes ?? [], SHARES.indexes);
  const reasons = fitting(work?.reasons ?? [], SHARES.reasons);
  const leftOut = fitting(work?.leftOut ?? [], SHARES.leftOut);
  const units = fitting(work?.units ?? [], 1);
  const unitsLeftOut = (work?.units.length ?? 0) - units.length;
  const indexesLeftOut = (work?.indexes.length ?? 0) - indexes.length;
  const lists = { reasons, leftOut, indexes, units };
  const members = [
    JSON.stringify({ ...frame, indexesLeftOut, unitsLeftOut }).slice(1, -1),
    ...Object.entries(lists).map(([name, parts]) => `${JSON.stringify(name)}:[${parts.join(',')}]`),
  ];
  return { json: `{${members.join(',')}}`, unitsLeftOut, indexesLeftOut };
}

/** Room for the names of the lists, and for the numbers of what is left out. */
const NAMES_LENGTH = 120;

/** Of both halves of the run; null when that of one is not known. */
function secondsOf({ backup, restore }: RunPlan): number | null {
  const halves = [
    backup === null ? 0 : backup.time.seconds,
    restore === null ? 0 : (restore.work?.time.seconds ?? null),
  ];
  return halves.reduce((sum, seconds) => (sum === null || seconds === null ? null : sum + seconds), 0);
}

function withTime({ time, ...rest }: { time: TimeEstimate }): object {
  return { ...rest, ...timeOf(time) };
}

function timeOf(time: TimeEstimate | null): object {
  return { estimatedSeconds: time?.seconds ?? null, estimatedBy: time?.basis ?? null };
}
