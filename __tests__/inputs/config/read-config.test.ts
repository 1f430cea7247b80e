import { describe, expect, test } from '@jest/globals';
import { matchesRule, ruleFor } from '../../../src/fleet/config.js';
import { readConfig } from '../../../src/inputs/config/read-config.js';
import { PhaseliftError } from '../../../src/foundation/errors.js';

const GOOD = `# What is backed up, and how often.
defaults: { every: 24h, keep-daily: 7, keep-weekly: 4 }
databases:
  - { match: billing, every: 6h, dump-jobs: 4, keep-daily: 30 }
  - match: ['app_*', shop]
    exclude: ['app_tmp_*']
    every: '17 3 * * *'
    timezone: Europe/Berlin
    dump-options:
      - --exclude-table-data=log.*
      - --no-comments
    s3-prefix: apps
  - { match: '*', drill-every: 30d, s3-bucket: others }
`;

/** The faults of a text, without the name of the file. */
function faultsOf(text: string): string[] {
  try {
    readConfig('rules.yml', text);
  } catch (error) {
    if (!(error instanceof PhaseliftError) || error.code !== 'INPUT') throw error;
    const lines = error.message.split('\n');
    const faults = lines.length === 1 ? lines : lines.slice(1);
    if (lines.length > 1) expect(lines[0]).toBe(`${faults.length} faults in rules.yml:`);
    return faults.map((line) => {
      expect(line).toMatch(/^rules\.yml:\d+:\d+: /);
      return line.slice('rules.yml:'.length);
    });
  }
  return [];
}

describe('rules of databases', () => {
  const config = readConfig('phaselift.yml', GOOD);
  const inputsOf = (database: string): Record<string, string> =>
    Object.fromEntries([...(ruleFor(config, database)?.inputs ?? [])].map(([name, { text }]) => [name, text]));

  test('the first rule that matches counts, and has what the defaults say', () => {
    expect(ruleFor(config, 'billing')).toMatchObject({
      line: 4,
      column: 5,
      every: { kind: 'interval', ms: 21_600_000 },
    });
    expect(inputsOf('billing')).toEqual({ 'dump-jobs': '4', 'keep-daily': '30', 'keep-weekly': '4' });
    expect(ruleFor(config, 'app_one')?.every).toEqual({ kind: 'cron', line: '17 3 * * *', timezone: 'Europe/Berlin' });
    expect(inputsOf('shop')).toMatchObject({
      'dump-options': '--exclude-table-data=log.*\n--no-comments',
      's3-prefix': 'apps',
    });
    expect(ruleFor(config, 'app_tmp_1')).toMatchObject({ match: ['*'], drillEveryMs: 30 * 86_400_000 });
    expect(ruleFor(config, 'Billing')?.match).toEqual(['*']);
  });

  test('a database that no rule matches has none', () => {
    const some = readConfig('phaselift.yml', "databases: [{ match: 'app_?' }]");
    expect(ruleFor(some, 'app_1')).toMatchObject({
      // Once a day, where nobody says it.
      every: { kind: 'interval', ms: 86_400_000 },
      drillEveryMs: null,
    });
    expect(ruleFor(some, 'app_10')).toBeNull();
    expect(ruleFor(some, 'xapp_1')).toBeNull();
  });

  test('a pattern means itself but for * and ?', () => {
    expect(matchesRule({ match: ['a.b(c)*'], exclude: [] }, 'a.b(c)d')).toBe(true);
    expect(matchesRule({ match: ['a.b'], exclude: [] }, 'axb')).toBe(false);
    expect(matchesRule({ match: ['?'], exclude: [] }, '🚀')).toBe(true);
    expect(matchesRule({ match: ['*'], exclude: ['*_tmp', 'x'] }, 'a_tmp')).toBe(false);
  });

  test('anchors and aliases of YAML are followed', () => {
    const text =
      'databases:\n  - { match: a, dump-options: &few [--no-comments] }\n  - { match: b, dump-options: *few }\n';
    expect(ruleFor(readConfig('f', text), 'b')?.inputs.get('dump-options')?.text).toBe('--no-comments');
  });
});

describe('faults of rules', () => {
  test.each([
    ['', /^1:1: the file has to be a mapping/],
    ['- a\n- b\n', /^1:1: the file has to be a mapping/],
    ['databases: [\n', /^2:1: this is not YAML as it should be: /],
    ['databases:\n\t- { match: a }\n', /not YAML as it should be/],
    ['a: 1\n---\nb: 2\n', /not YAML as it should be/],
    ['databases: []\n', /^1:12: `databases` has to be a list of rules/],
    ['defaults: { every: 1d }\n', /^1:1: `databases` has to be a list of rules/],
    ['databases:\n  - billing\n', /^2:5: a rule has to be a mapping/],
    ['databases:\n  - { every: 1d }\n', /^2:5: a rule needs `match`/],
    ['databases:\n  - { match: }\n', /^2:\d+: `match` has no value/],
    ['databases:\n  - { match: [] , every: 1d }\n', /^2:14: `match` has no value/],
    ['databases:\n  - { match: a/b }\n', /^2:14: `match`: `a\/b` cannot be used as a name/],
    ['databases:\n  - { match: a, evry: 1d }\n', /^2:17: a rule has no key `evry`: did you mean `every`\?$/],
    ['defualts: {}\ndatabases: [{ match: a }]\n', /^1:1: the file has no key `defualts`: did you mean `defaults`\?$/],
    ['databases:\n  - { match: a, source-password: x }\n', /^2:17: a rule has no key `source-password`/],
    ['defaults: { match: a }\ndatabases: [{ match: a }]\n', /^1:13: `defaults` has no key `match`/],
    [
      'databases:\n  - { match: a, every: sometimes }\n',
      /^2:24: `every`: `sometimes` is not a length of time: write it like `5h30m`/,
    ],
    ['databases:\n  - { match: a, every: 6 }\n', /^2:24: `every`: `6` is not a length of time/],
    ["databases:\n  - { match: a, every: '61 3 * * *' }\n", /^2:24: `every`: .*61/],
    ["databases:\n  - { match: a, every: '0 0 31 2 *' }\n", /^2:24: `every`: this time never comes$/],
    ['databases:\n  - { match: a, timezone: Mars }\n', /^2:27: `timezone`: it is not the name of a time zone/],
    ['databases:\n  - { match: a, keep-daily: many }\n', /^2:29: `keep-daily`: `many` is not a number to keep/],
    ['databases:\n  - { match: a, dump-options: [--format=plain] }\n', /^2:\d+: `dump-options`: /],
    ['databases:\n  - { match: a, drill-every: 2y }\n', /^2:\d+: `drill-every`: `2y` is not a length of time/],
    [
      "databases:\n  - { match: '*' }\n  - { match: a }\n",
      /^3:5: `a` is matched by the rule in line 2 already, and the first one counts/,
    ],
    [
      'databases:\n  - { match: a, every: 1d }\n  - { match: [b, a], every: 2d }\n',
      /^3:5: `a` is matched by the rule in line 2/,
    ],
    ['databases: [{ match: a, match: b }]\n', /not YAML as it should be: .*unique/],
  ])('%j is refused with the place', (text, fault) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });

  test('all faults are told at once, in the order of the file, and those of the defaults once', () => {
    const text = `defaults: { every: often, dump-jobs: 99 }
databases:
  - { match: a }
  - { match: b, keep-last: 0, evry: 1d }
  - { mach: c }
`;
    expect(faultsOf(text).map((fault) => fault.replace(/: .*/, ''))).toEqual([
      '1:20',
      '1:38',
      '4:28',
      '4:31',
      '5:5',
      '5:7',
    ]);
  });

  test('a rule behind one that excludes what it matches is well', () => {
    expect(faultsOf("databases:\n  - { match: '*', exclude: [a] }\n  - { match: a }\n")).toEqual([]);
  });

  test('a file that is no file of rules is refused by its size', () => {
    expect(faultsOf(`# ${'x'.repeat(1024 * 1024)}`)).toEqual([
      expect.stringMatching(/^1:1: the file is larger than 1 MB$/),
    ]);
  });
});
