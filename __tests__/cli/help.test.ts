import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { descriptionsModule } from '../../scripts/descriptions-module.js';
import { parseAction } from '../../scripts/readme-tables.js';
import { ALL_INPUTS } from '../../src/inputs/definitions.js';
import { MODES } from '../../src/inputs/settings.js';
import { helpText } from '../../src/terminal/help.js';
import { TOPICS } from '../../src/terminal/help-topics.js';
import { inOptions } from '../../src/terminal/wording.js';

const PAGES = [null, ...TOPICS.map(({ name }) => name)];

describe('the help', () => {
  test.each(PAGES)('the help page %s fits a screen', (topic) => {
    const lines = helpText(topic).split('\n');
    expect(lines.length - 1).toBeLessThanOrEqual(40);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('the help has every input on a page, with its variables', () => {
    const all = PAGES.map(helpText).join('\n');
    for (const { name, env } of ALL_INPUTS) {
      if (name === 'mode') continue;
      expect(all).toMatch(new RegExp(`--(?:\\[no-\\])?${name}\\b`));
      for (const variable of env) expect(all).toContain(variable);
    }
  });

  test('the help has a page for every mode, and an overview that names all pages', () => {
    expect(TOPICS.map(({ name }) => name)).toEqual(expect.arrayContaining([...MODES]));
    for (const { name } of TOPICS) expect(helpText(null)).toMatch(new RegExp(`--(?:help )?${name}\\b`));
  });

  test('the help page of --verify tells the mode from the input', () => {
    expect(helpText('verify')).toMatch(/--verify is the mode unless it stands beside --restore or --all/);
  });

  test('the help has the descriptions of action.yml', async () => {
    const made = await descriptionsModule(parseAction(await readFile('action.yml', 'utf8')));
    expect(await readFile('src/terminal/descriptions.ts', 'utf8')).toBe(made);
  });
});

describe('messages in the words of the command line', () => {
  test.each([
    ['finish it with `mode: restore`', 'finish it with `--restore`'],
    ['overwrite it with `force: true`', 'overwrite it with `--force`'],
    ['`verify: false` skips it', '`--verify false` skips it'],
    ['`backup-name: 2026`, `s3-bucket`', '`--backup-name 2026`, `--s3-bucket`'],
    ['use one of `list`, `verify` or `prune`', 'use one of `list`, `verify` or `prune`'],
    ['`app.t` and `pg_dump -Z: x`', '`app.t` and `pg_dump -Z: x`'],
  ])('a message is told in the words of the command line: %s', (given, expected) => {
    expect(inOptions(given)).toBe(expected);
  });
});
