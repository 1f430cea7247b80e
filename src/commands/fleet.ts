/** Which databases a run over many is about, and what is in their folders. */
import pMap from 'p-map';
import { matchesRule, ruleFor, type FleetConfig, type FleetRule } from '../fleet/config.js';
import { isPattern, matchesName } from '../fleet/database-pattern.js';
import { PhaseliftError } from '../foundation/errors.js';
import { formatExact } from '../foundation/format.js';
import type { FleetPlace, FleetSettings } from '../inputs/settings.js';
import { nameFault } from '../store/names.js';
import type { Store } from '../store/store.js';
import type { CommandContext } from './context.js';

/** Databases whose backups are looked up side by side. */
const LOOKED_UP_AT_ONCE = 8;
const NAMES_IN_NOTE = 20;

/** A database that a run is about; without rules its rule is null. */
export interface Meant {
  database: string;
  rule: FleetRule | null;
}

/** Databases by what is to be done with them. */
export interface Sorted {
  meant: Meant[];
  /** There are rules, and none of them is for these. */
  withoutRule: string[];
  /** No backup can have these names, whatever the rules. */
  unfit: { database: string; reason: string }[];
}

/** Work that was done, or the error that it ended with. */
export type Attempt<T> = { done: T; failure: null } | { done: null; failure: PhaseliftError };

/** A database that is meant, with what holds for it and where its backups are. */
export interface Placed extends Meant {
  place: FleetPlace;
  store: Store;
}

/** The same, with what was found there. */
export type LookedUp<T> = Placed & Attempt<T>;

/** A place of backups that could not be listed. */
export interface Refusal {
  uri: string;
  failure: PhaseliftError;
}

/** What has a folder of its own in the places of the rules. */
export interface StoredDatabases {
  /** In order. */
  names: string[];
  storesOf: ReadonlyMap<string, ReadonlySet<Store>>;
  refusals: Refusal[];
}

/** Which databases are meant by patterns and rules. Each has one rule: the first that matches its whole name. */
export function sortDatabases(names: readonly string[], { config, patterns }: FleetSettings): Sorted {
  const sorted: Sorted = { meant: [], withoutRule: [], unfit: [] };
  for (const database of names.filter((name) => matchesRule(patterns, name))) {
    const rule = config === null ? null : ruleFor(config, database);
    const fault = nameFault(database);
    if (config !== null && rule === null) sorted.withoutRule.push(database);
    else if (fault !== null) sorted.unfit.push({ database, reason: `its name cannot be that of a folder: ${fault}` });
    else sorted.meant.push({ database, rule });
  }
  return sorted;
}

/** Notes about patterns that match nothing: one of them may be misspelt. */
export function unmatchedNotes(names: readonly string[], { config, patterns }: FleetSettings): string[] {
  const isUnmatched = (pattern: string): boolean => !names.some((name) => matchesName(pattern, name));
  const ofRules = (config?.rules ?? []).flatMap(({ match, line }) =>
    match.filter(isUnmatched).map((pattern) => `\`${pattern}\`, of the rule in line ${line} of ${config?.path ?? ''}`),
  );
  const ofInput = patterns.match.filter(isUnmatched).map((pattern) => `\`${pattern}\``);
  return [...ofInput, ...ofRules].map((which) => `no database matches ${which}`);
}

/** Names that rules have in full. */
export function namesInRules(config: FleetConfig | null): string[] {
  return (config?.rules ?? []).flatMap(({ match }) => match.filter((one) => !isPattern(one)));
}

/** Looks at the folder of each database, where its rule says. What one of them fails with is told beside the others. */
export async function lookUp<T>(
  meant: readonly Meant[],
  settings: FleetSettings,
  context: CommandContext,
  look: (one: Placed) => Promise<T>,
): Promise<LookedUp<T>[]> {
  const { signal } = context;
  return pMap(
    meant,
    async (one) => {
      const placed = { ...one, ...placeFor(one, settings, context) };
      return { ...placed, ...(await attempt(() => look(placed), signal)) };
    },
    { concurrency: LOOKED_UP_AT_ONCE, signal },
  );
}

/** Where the backups of a database are, by its own rule. */
export function placeFor(
  { rule }: Meant,
  settings: FleetSettings,
  context: CommandContext,
): Pick<Placed, 'place' | 'store'> {
  const place = settings.placeOf.get(rule);
  if (place === undefined) throw new TypeError('a rule without a place');
  return { place, store: context.stores.at(place.store) };
}

/** Databases that have backups in any of the places. Throws STORE when none of these answers. */
export async function databasesInStores(settings: FleetSettings, context: CommandContext): Promise<StoredDatabases> {
  const stores = new Set<Store>([...settings.placeOf.values()].map(({ store }) => context.stores.at(store)));
  const storesOf = new Map<string, Set<Store>>();
  const refusals: Refusal[] = [];
  for (const store of stores) {
    const { done, failure } = await attempt(() => store.backups.listDatabases(), context.signal);
    if (failure !== null) refusals.push({ uri: store.backups.uri, failure });
    for (const name of done ?? []) storesOf.set(name, (storesOf.get(name) ?? new Set()).add(store));
  }
  const [first] = refusals;
  if (first !== undefined && refusals.length === stores.size) throw first.failure;
  return { names: [...storesOf.keys()].sort(), storesOf, refusals };
}

/** What fails for one database is no reason to stop, but a cancelled run and a defect are. */
export async function attempt<T>(work: () => Promise<T>, signal: AbortSignal): Promise<Attempt<T>> {
  try {
    return { done: await work(), failure: null };
  } catch (error) {
    if (signal.aborted || !(error instanceof PhaseliftError)) throw error;
    return { done: null, failure: error };
  }
}

/** `a, b, c`; of many some, and how many more. */
export function someNames(names: readonly string[]): string {
  const more = names.length - NAMES_IN_NOTE;
  const some = names.slice(0, NAMES_IN_NOTE).join(', ');
  return more > 0 ? `${some} and ${formatExact(more)} more` : some;
}
