/** The four phases, in order. */
export const PHASES = ['schema', 'indexes', 'data', 'constraints'] as const;
export type Phase = (typeof PHASES)[number];

/**
 * The steps of a restore, in order, each a barrier. The last phase has four: everything else, then privileges and row-level
 * security, then what is computed from data (materialized views), then event triggers, and what would hinder loading an
 * unlogged table again, together with the removal of the journal. The order is that of the passes of stock pg_restore
 * (RestorePass in pg_backup_archiver.h).
 */
export const STAGES = ['schema', 'indexes', 'data', 'constraints', 'privileges', 'refresh', 'finish'] as const;
export type Stage = (typeof STAGES)[number];

export function phaseOfStage(stage: Stage): Phase {
  return stage === 'schema' || stage === 'indexes' || stage === 'data' ? stage : 'constraints';
}

export function laterOf(a: Stage, b: Stage): Stage {
  return STAGES.indexOf(a) >= STAGES.indexOf(b) ? a : b;
}
