/** The four phases of a restore, in order. Each is a step of the run that people see, and a member of the output `phases`. */
export const PHASES = ['schema', 'indexes', 'data', 'constraints'] as const;
/** One of the phases. */
export type Phase = (typeof PHASES)[number];

/** What is known of a stage; everybody who treats stages differently reads it here. */
interface StageTraits {
  phase: Phase;
  /**
   * `chain`: its units follow each other in the order of the archive, so one worker runs them. Its entries depend on each
   * other in long chains, or are so cheap that a second worker would only wait. `side by side`: as many workers as the restore
   * has run them, as far as dependencies and locks of tables let them.
   */
  units: 'chain' | 'side by side';
  /** True for the last transaction, which runs after ANALYZE and the verification, and not with the stages of its phase. */
  isLastTransaction: boolean;
}

const CHAIN = { units: 'chain', isLastTransaction: false } as const;
const SIDE_BY_SIDE = { units: 'side by side', isLastTransaction: false } as const;

/**
 * The stages, in order. A stage begins when the one before has ended. The first three phases have one stage each. The phase
 * `constraints` has five:
 * - `constraints`: everything that is in none of the others;
 * - `validation`: foreign keys that were added NOT VALID are validated; before row-level security, which could hide rows from that;
 * - `privileges`: privileges and row-level security;
 * - `refresh`: what is computed from data, as the contents of materialized views are;
 * - `finish`: event triggers, what would hinder loading an unlogged table again, and the removal of the journal.
 *
 * The order is that of the passes of stock pg_restore (RestorePass in pg_backup_archiver.h).
 */
const TRAITS = {
  schema: { phase: 'schema', ...CHAIN },
  indexes: { phase: 'indexes', ...CHAIN },
  data: { phase: 'data', ...SIDE_BY_SIDE },
  constraints: { phase: 'constraints', ...SIDE_BY_SIDE },
  validation: { phase: 'constraints', ...SIDE_BY_SIDE },
  privileges: { phase: 'constraints', ...SIDE_BY_SIDE },
  refresh: { phase: 'constraints', ...SIDE_BY_SIDE },
  finish: { phase: 'constraints', units: 'chain', isLastTransaction: true },
} as const satisfies Readonly<Record<string, StageTraits>>;

/** The name of a stage. */
export type Stage = keyof typeof TRAITS;

/** All stages, in order. */
export const STAGES = Object.keys(TRAITS) as readonly Stage[];

/** The phase that people see a stage under. */
export function phaseOfStage(stage: Stage): Phase {
  return TRAITS[stage].phase;
}

/** The stages that run as this phase, in order: all of it but the last transaction. */
export function stagesOfPhase(phase: Phase): Stage[] {
  return STAGES.filter((stage) => TRAITS[stage].phase === phase && !TRAITS[stage].isLastTransaction);
}

/** True when the units of a stage follow each other in the order of the archive. */
export function isChain(stage: Stage): boolean {
  return TRAITS[stage].units === 'chain';
}

/** True for a step of a run that is a phase of a restore; checks, backup, ANALYZE and verification are none. */
export function isPhase(step: string): step is Phase {
  return (PHASES as readonly string[]).includes(step);
}

/** The one of two stages that comes later. */
export function laterOf(a: Stage, b: Stage): Stage {
  return STAGES.indexOf(a) >= STAGES.indexOf(b) ? a : b;
}
