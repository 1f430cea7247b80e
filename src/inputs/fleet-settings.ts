/** Which databases a run is about where nobody names one, and what holds for each. */
import type { FleetRule } from '../fleet/config.js';
import { input, phrase } from '../foundation/text.js';
import type { StoreSettings } from '../store/create-store.js';
import { INPUTS } from './input-table.js';
import { readKeepRules } from './keep-rules.js';
import type { InputReader } from './reader.js';
import type { FleetPlace, FleetSettings } from './settings.js';
import { exactKeyOf, readStore } from './store-settings.js';

/** Nobody names the one database, nor an object of it. */
export function isAboutMany(reader: InputReader): boolean {
  return [INPUTS.database, INPUTS.s3Uri].every((one) => reader.originOf(one).from === 'default');
}

/** Rules, and for each of them where its backups are and what they are held to. */
export function readFleet(reader: InputReader): FleetSettings {
  const { config = null } = reader.given;
  const placeOf = new Map<FleetRule | null, FleetPlace>();
  for (const rule of config?.rules ?? [null]) {
    const of = reader.forRule(rule);
    const store = readStore(of);
    if (exactKeyOf(store) !== null)
      of.wrong(
        INPUTS.s3Uri,
        phrase`it names one object, and this is about many databases: use ${input('s3-bucket')} and ${input('s3-prefix')}`,
      );
    const limits = { maxAgeMs: of.value(INPUTS.maxAge), maxShrink: of.value(INPUTS.maxShrink) };
    placeOf.set(rule, { store, limits, keep: readKeepRules(of) });
  }
  const patterns = { match: reader.value(INPUTS.databases), exclude: reader.value(INPUTS.excludeDatabases) };
  return { config, patterns, placeOf };
}

/** Rules may say all that there is to say of places. */
export function firstStore({ placeOf }: FleetSettings): StoreSettings {
  const [first] = placeOf.values();
  if (first === undefined) throw new TypeError('no place of backups');
  return first.store;
}
