/** What is known of many databases and of their backups. */
import pMap from 'p-map';
import { matchesRule, ruleFor, type FleetRule } from '../fleet/config.js';
import type { Findings, HealthRule, KnownBackup } from '../fleet/health.js';
import { PhaseliftError, textOf } from '../foundation/errors.js';
import type { Text } from '../foundation/text.js';
import type { FleetSettings } from '../inputs/settings.js';
import type { StoredBackup } from '../store/backup-catalogue.js';
import type { Store } from '../store/store.js';
import { isInFuture } from '../store/stored-backups.js';
import type { CommandContext } from './context.js';

/** Databases whose backups are looked up side by side. */
const LOOKED_UP_AT_ONCE = 8;

/** A database that is meant, with what holds for it and what there is of it. */
export interface FleetMember {
  database: string;
  /** null where there are no rules. */
  rule: FleetRule | null;
  limits: HealthRule;
  findings: Findings;
  /** When a restore of any of its backups was verified last; null: never, as far as is known. */
  provenAt: Date | null;
}

/** Databases by what is to be done with them. */
export interface Sorted {
  meant: { database: string; rule: FleetRule | null }[];
  /** There are rules, and none of them is for these. */
  withoutRule: string[];
}

/** Which databases are meant by patterns and rules. */
export function sortDatabases(names: readonly string[], { config, patterns }: FleetSettings): Sorted {
  const sorted: Sorted = { meant: [], withoutRule: [] };
  for (const database of names.filter((name) => matchesRule(patterns, name))) {
    const rule = config === null ? null : ruleFor(config, database);
    if (config !== null && rule === null) sorted.withoutRule.push(database);
    else sorted.meant.push({ database, rule });
  }
  return sorted;
}

/** Looks up the backups of databases, each where its rule says. Throws STORE where a store does not answer. */
export async function lookUp(
  meant: Sorted['meant'],
  settings: FleetSettings,
  context: CommandContext,
): Promise<FleetMember[]> {
  const { signal } = context;
  return pMap(
    meant,
    async ({ database, rule }) => {
      const place = settings.placeOf.get(rule);
      if (place === undefined) throw new TypeError('a rule without a place');
      const backups = await context.stores.at(place.store).backups.listAll(database);
      const schedule = rule?.every ?? null;
      const now = context.now();
      const limits = { ...place.limits, schedule };
      return { database, rule, limits, findings: findingsOf(backups, now), provenAt: lastProof(backups, now) };
    },
    { concurrency: LOOKED_UP_AT_ONCE, signal },
  );
}

/** Names of databases that have backups in any of the places. */
export async function databasesInStores(settings: FleetSettings, context: CommandContext): Promise<string[]> {
  const stores = new Set<Store>([...settings.placeOf.values()].map(({ store }) => context.stores.at(store)));
  const found = await Promise.all([...stores].map(({ backups }) => backups.listDatabases()));
  return [...new Set(found.flat())].sort();
}

/** A date in the future is none: the clock of its run was wrong, and it would be the newest for ever. */
function findingsOf(backups: readonly StoredBackup[], now: Date): Findings {
  const unreadable = backups.find(({ state }) => state === 'unreadable manifest')?.ref.name ?? null;
  return { backups: backups.flatMap((backup) => knownBackup(backup, now)), unreadable };
}

/** A date in the future is none here either: such a database would never be tried again. */
function lastProof(backups: readonly StoredBackup[], now: Date): Date | null {
  const times = backups
    .flatMap(({ proof }) => (proof === undefined ? [] : [new Date(proof.provenAt)]))
    .filter((at) => !isInFuture(at, now));
  return times.sort((a, b) => b.getTime() - a.getTime())[0] ?? null;
}

function knownBackup({ ref, state, summary, sizeBytes }: StoredBackup, now: Date): KnownBackup[] {
  if (state !== 'complete' || summary === null) return [];
  const takenAt = new Date(summary.takenAt);
  return isInFuture(takenAt, now) ? [] : [{ name: ref.name, takenAt, sizeBytes, rows: summary.rows }];
}

/** Why something could not be done, for a line of a table. */
export function reasonOf(error: unknown): Text {
  if (!(error instanceof PhaseliftError)) throw error;
  return textOf(error);
}
