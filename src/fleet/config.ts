/** What `phaselift.yml` says of databases. */
import { matchesName } from './database-pattern.js';
import type { Schedule } from './schedule.js';

/** A place in the file, both from 1. */
export interface Place {
  line: number;
  column: number;
}

/** A text of the file, and where it stands. */
export interface PlacedText extends Place {
  text: string;
}

/** What holds for the databases of some names. */
export interface FleetRule extends Place {
  /** Patterns, at least one. */
  match: readonly string[];
  exclude: readonly string[];
  every: Schedule;
  /** After so many milliseconds a database is to be restored on trial again; null: never by itself. */
  drillEveryMs: number | null;
  /** Texts of inputs by their names, those of the defaults among them. */
  inputs: ReadonlyMap<string, PlacedText>;
}

export interface FleetConfig {
  /** As it was asked for. */
  path: string;
  rules: readonly FleetRule[];
}

/** Which databases are meant. */
export interface DatabasePatterns {
  /** Empty: all. */
  match: readonly string[];
  exclude: readonly string[];
}

/** The first rule that a database matches; null where none does. */
export function ruleFor(config: FleetConfig, database: string): FleetRule | null {
  return config.rules.find((rule) => matchesRule(rule, database)) ?? null;
}

/** By one of its patterns, or where there is none, and by none of what it excludes. */
export function matchesRule({ match, exclude }: DatabasePatterns, database: string): boolean {
  return (
    (match.length === 0 || match.some((one) => matchesName(one, database))) &&
    !exclude.some((one) => matchesName(one, database))
  );
}
