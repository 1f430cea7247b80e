import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { parseAction } from '../../scripts/action-yml.js';
import { input, inWorkflow, phrase, shown, theInput, plain } from '../../src/foundation/text.js';
import { ALL_INPUTS } from '../../src/inputs/input-table.js';
import { MODES } from '../../src/inputs/settings.js';
import { helpText } from '../../src/terminal/help.js';
import { TOPICS } from '../../src/terminal/help-topics.js';
import { asOption } from '../../src/terminal/wording.js';

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
    const action = parseAction(await readFile('action.yml', 'utf8'));
    const pages = PAGES.map(helpText).join('\n').replaceAll(/\s+/g, ' ');
    for (const { name, about, group } of ALL_INPUTS) {
      expect(action.inputs[name]?.description.startsWith(shown(about, inWorkflow))).toBe(true);
      // The mode is a list of pages, and what every mode has fits the first page only in words of its own.
      if (name !== 'mode' && group !== 'run') expect(pages).toContain(shown(about, asOption).replaceAll('`', ''));
    }
  });
});

describe('messages in the words of the command line', () => {
  test.each([
    [phrase`finish it with ${input('mode', 'restore')}`, 'finish it with `--restore`'],
    [phrase`overwrite it with ${input('force', true)}`, 'overwrite it with `--force`'],
    [phrase`${input('verify', false)} skips it`, '`--verify false` skips it'],
    [phrase`${input('backup-name', 2026)}, ${input('s3-bucket')}`, '`--backup-name 2026`, `--s3-bucket`'],
    [phrase`${theInput('s3-bucket')} is missing`, '`--s3-bucket` is missing'],
    [phrase`it is full (${plain('s3-endpoint')})`, 'it is full (--s3-endpoint)'],
    ['use one of `list`, `verify` or `prune`', 'use one of `list`, `verify` or `prune`'],
    ['`app.t` and `pg_dump -Z: x`', '`app.t` and `pg_dump -Z: x`'],
  ])('a message is told in the words of the command line: %s', (given, expected) => {
    expect(shown(given, asOption)).toBe(expected);
  });
});
