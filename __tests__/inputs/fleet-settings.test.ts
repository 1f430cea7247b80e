import { describe, expect, test } from '@jest/globals';
import { ruleFor } from '../../src/fleet/config.js';
import { readConfig } from '../../src/inputs/config/read-config.js';
import { readSettings } from '../../src/inputs/read-settings.js';
import type { FleetSettings, Settings } from '../../src/inputs/settings.js';
import { faultOf, faultsOf, given } from './given.js';

const RULES = `defaults: { s3-bucket: usual, keep-last: 3 }
databases:
  - { match: billing, keep-daily: 30 }
  - { match: 'app_*', s3-bucket: others, s3-prefix: apps, keep-last: 9, max-age: 3h }
  - { match: '*' }
`;

const read = (inputs: Record<string, string>, rules: string | null = null): Settings =>
  readSettings({
    ...given(inputs),
    ...(rules === null ? {} : { config: readConfig('phaselift.yml', rules), rule: null }),
  });

function fleetOf(settings: Settings): FleetSettings {
  if (!('fleet' in settings) || settings.fleet === null) throw new Error(`${settings.mode} is about one database`);
  return settings.fleet;
}

describe('modes that are about one database or many', () => {
  test.each(['list', 'verify'])('%s is about all that have backups where nobody names one', (mode) => {
    const settings = read({ mode, 's3-bucket': 'backups', 'exclude-databases': 'old_*' });
    expect(fleetOf(settings)).toMatchObject({ config: null, patterns: { match: [], exclude: ['old_*'] } });
    if (mode === 'verify') expect(settings).toMatchObject({ backupName: 'latest' });
    expect(faultOf(() => read({ mode }))).toMatch(/^input `s3-bucket` is missing/);
  });

  test.each(['list', 'verify', 'prune'])('%s of one exact object needs its database', (mode) => {
    const inputs = { mode, 's3-uri': 's3://b/k.dump', 'keep-last': '1' };
    expect(faultsOf(() => read(inputs)).join('\n')).toMatch(/input `database` is missing/);
  });

  test('a prune of many has for each database what its own rule keeps, in the place of that rule', () => {
    const { config, placeOf } = fleetOf(read({ mode: 'prune' }, RULES));
    const placeFor = (name: string) => placeOf.get(config === null ? null : ruleFor(config, name));
    expect(placeFor('billing')).toMatchObject({ store: { bucket: 'usual' }, keep: { last: 3, daily: 30 } });
    expect(placeFor('app_1')).toMatchObject({
      store: { bucket: 'others', prefix: 'apps' },
      keep: { last: 9, daily: null },
      limits: { maxAgeMs: 3 * 3_600_000 },
    });
    expect(placeFor('shop')).toMatchObject({ store: { bucket: 'usual', prefix: '' }, keep: { last: 3, daily: null } });
  });

  test('a prune of many beside rules takes no other word for what is kept', () => {
    expect(faultOf(() => read({ mode: 'prune', 'keep-last': '1' }, RULES))).toBe(
      'input `keep-last`: the rules of phaselift.yml say what is kept of each database: leave it out, or name one `database`',
    );
    expect(read({ mode: 'prune', 'keep-last': '1', database: 'a', 's3-bucket': 'b' }, RULES)).toMatchObject({ fleet: null });
  });

  test('a prune of many without a rule of what to keep is refused', () => {
    expect(faultOf(() => read({ mode: 'prune' }, "databases: [{ match: '*', s3-bucket: b }]"))).toMatch(
      /^input `keep-last` is missing: set it to how many backups to keep .*, in the rules of phaselift\.yml$/,
    );
    const some = "databases: [{ match: a, s3-bucket: b, keep-last: 2 }, { match: '*', s3-bucket: b }]";
    const { placeOf } = fleetOf(read({ mode: 'prune' }, some));
    expect([...placeOf.values()].map(({ keep }) => keep?.last ?? null)).toEqual([2, null]);
  });

  test('a prune without rules and without a database is refused until somebody says which are meant', () => {
    const inputs = { mode: 'prune', 's3-bucket': 'b', 'keep-last': '3' };
    // `database: ${{ vars.NOT_THERE }}` is an empty text.
    expect(faultOf(() => read({ ...inputs, database: '' }))).toMatch(
      /^input `database` is missing: .*, or `databases` to patterns of several \(`\*`: all\), or `config` to a file/,
    );
    expect(fleetOf(read({ ...inputs, databases: '*' })).placeOf.get(null)?.keep).toMatchObject({ last: 3 });
    expect(faultOf(() => read({ mode: 'prune', 's3-bucket': 'b', databases: '*' }))).toMatch(/^input `keep-last` is/);
  });
});
