/** The databases of a fleet as `databases` and `status` judge them. */
import type { Findings, HealthRule } from '../fleet/health.js';
import type { PhaseliftError } from '../foundation/errors.js';
import type { FleetSettings } from '../inputs/settings.js';
import type { Inventory } from '../store/backup-catalogue.js';
import type { CommandContext } from './context.js';
import { lookUp, type Meant, type Placed } from './fleet.js';
import { findingsOf, isEmpty, lastProof, leftoversIn } from './known-backups.js';

/** A database that is meant, with what holds for it and what there is of it. */
export interface FleetMember extends Placed {
  limits: HealthRule;
  findings: Findings;
  /** When a restore of any of its backups was verified last; null: never, as far as is known. */
  provenAt: Date | null;
  /** What runs have left that did not end well, for people. */
  leftovers: readonly string[];
  /** Its folder has nothing of ours. */
  isEmpty: boolean;
  /** Its backups could not be looked up: the rest is as if there were none. */
  failure: PhaseliftError | null;
}

/** Looks up the backups of databases, each where its rule says; `withLeftovers` costs a request or two more for each. */
export async function membersOf(
  meant: readonly Meant[],
  settings: FleetSettings,
  context: CommandContext,
  { withLeftovers }: { withLeftovers: boolean },
): Promise<FleetMember[]> {
  const all = await lookUp(meant, settings, context, async ({ store, database }): Promise<Inventory> => {
    if (withLeftovers) return store.backups.takeInventory(database);
    return { backups: await store.backups.listAll(database), uploads: [], stale: [] };
  });
  return all.map(({ done, failure, ...placed }) => {
    const found = done ?? { backups: [], uploads: [], stale: [] };
    return {
      ...placed,
      limits: { ...placed.place.limits, schedule: placed.rule?.every ?? null },
      findings: findingsOf(found.backups, context.now()),
      provenAt: lastProof(found.backups, context.now()),
      leftovers: leftoversIn(found),
      isEmpty: failure === null && isEmpty(found),
      failure,
    };
  });
}
