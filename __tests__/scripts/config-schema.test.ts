import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { configJsonSchema } from '../../scripts/config-schema.js';
import { CONFIG_INPUTS } from '../../src/inputs/config/config-keys.js';
import { readConfig } from '../../src/inputs/config/read-config.js';

const stored: unknown = JSON.parse(readFileSync('docs/phaselift.schema.json', 'utf8'));
const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(stored));

/** Files of rules in the documents and the examples, by where they stand. */
const examples: [string, string][] = [
  ...['docs/fleet.md', 'README.md'].flatMap((page) =>
    Array.from(readFileSync(page, 'utf8').matchAll(/^```yaml\n(.*?)^```/gms), ([, text = '']): [string, string] => [
      page,
      text,
    ]).filter(([, text]) => /^databases:/m.test(text)),
  ),
  ...(existsSync('examples') ? readdirSync('examples') : [])
    .filter((file) => file === 'phaselift.yml')
    .map((file): [string, string] => [file, readFileSync(join('examples', file), 'utf8')]),
];

describe('the schema of phaselift.yml', () => {
  test('docs/phaselift.schema.json is what the tables of keys say', () => {
    expect(stored).toEqual(configJsonSchema());
  });

  test('the documents have an example', () => {
    expect(examples.map(([page]) => page)).toContain('docs/fleet.md');
  });

  test.each(examples)('an example of %s is good for the schema and for Phaselift', (page, text) => {
    expect(schema.safeParse(parse(text)).error).toBeUndefined();
    expect(readConfig(page, text).rules.length).toBeGreaterThan(0);
  });

  test.each([
    'databases: [{ match: a, dump-jobs: 4, keep-last: 3, dump-compress: 0 }]',
    'databases: [{ match: a, dump-jobs: auto, dump-compress: "zstd:3" }]',
    'databases: [{ match: [a, b], exclude: c, every: 90m, drill-every: 30d }]',
    "databases: [{ match: a, every: '17 3 * * *', timezone: Europe/Berlin }]",
    "defaults: { max-shrink: 50%, max-age: 26h }\ndatabases: [{ match: '*' }]",
  ])('%s is good for both', (text) => {
    expect(schema.safeParse(parse(text)).error).toBeUndefined();
    expect(readConfig('f', text).rules).toHaveLength(1);
  });

  test.each([
    'databases: []',
    'defaults: { every: 1d }',
    'databases: [billing]',
    'databases: [{ every: 1d }]',
    'databases: [{ match: [] }]',
    'databases: [{ match: a, evry: 1d }]',
    'databases: [{ match: a, every: sometimes }]',
    'databases: [{ match: a, every: 6 }]',
    'databases: [{ match: a, keep-daily: many }]',
    'databases: [{ match: a, dump-jobs: few }]',
    'databases: [{ match: a, max-age: soon }]',
    'databases: [{ match: a, source-password: x }]',
    'defaults: { match: a }\ndatabases: [{ match: a }]',
    'defualts: {}\ndatabases: [{ match: a }]',
    '[]',
  ])('%s is refused by both', (text) => {
    expect(schema.safeParse(parse(text)).success).toBe(false);
    expect(() => readConfig('f', text)).toThrow();
  });

  test('docs/fleet.md names every key', () => {
    const page = readFileSync('docs/fleet.md', 'utf8');
    const keys = [...CONFIG_INPUTS.map(({ name }) => name), 'match', 'exclude', 'every', 'timezone', 'drill-every'];
    expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });
});
