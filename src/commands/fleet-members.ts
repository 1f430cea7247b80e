/** The databases of a fleet as `databases` and `status` judge them. */
import type { Findings, HealthRule } from '../fleet/health.js';
import type { PhaseliftError } from '../foundation/errors.js';
import type { FleetSettings } from '../inputs/settings.js';
import type { Inventory } from '../store/backup-catalogue.js';
import { readTrial, type Trial } from '../store/trial.js';
import type { CommandContext } from './context.js';
import { lookUp, type Meant, type Placed } from './fleet.js';
import { findingsOf, isEmpty, lastProof, leftoversIn, unprovenTrial } from './known-backups.js';

/** A database that is meant, with what holds for it and what there is of it. */
export interface FleetMember extends Placed {
  limits: HealthRule;
  findings: Findings;
  /** When a restore of any of its backups was verified last; null: never, as far as is known. */
  provenAt: Date | null;
  /** The last restore that was to prove one, where it has left no proof (yet). */
  unproven: { backupName: string; beganAt: Date } | null;
  /** What runs have left that did not end well, for people. */
  leftovers: readonly string[];
  /** Its folder has nothing of ours. */
  isEmpty: boolean;
  /** Its backups could not be looked up: the rest is as if there were none. */
  failure: PhaseliftError | null;
}

/** What is in the folder of a database. */
interface Folder extends Inventory {
  trial: Trial | null;
}

const NOTHING: Folder = { backups: [], uploads: [], stale: [], trial: null };

/** Looks up the backups of databases, each where its rule says: all that there is of it, or its newest complete backup alone. */
export async function membersOf(
  meant: readonly Meant[],
  settings: FleetSettings,
  context: CommandContext,
  wanted: 'all' | 'newest',
): Promise<FleetMember[]> {
  const { log } = context;
  const all = await lookUp(meant, settings, context, async ({ store, database }): Promise<Folder> => {
    if (wanted === 'newest') {
      const newest = await store.backups.findNewest(database, context.now());
      return newest === null ? NOTHING : { ...NOTHING, backups: [newest] };
    }
    return { ...(await store.backups.takeInventory(database)), trial: await readTrial(store, database, log) };
  });
  return all.map(({ done, failure, ...placed }) => {
    const found = done ?? NOTHING;
    const provenAt = lastProof(found.backups, context.now());
    return {
      ...placed,
      limits: { ...placed.place.limits, schedule: placed.rule?.every ?? null },
      findings: findingsOf(found.backups, context.now()),
      provenAt,
      unproven: unprovenTrial(found.trial, provenAt, context.now()),
      leftovers: leftoversIn(found),
      isEmpty: failure === null && isEmpty(found),
      failure,
    };
  });
}
