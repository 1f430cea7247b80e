import { describe, expect, test } from '@jest/globals';
import type { Mention } from '../../src/foundation/text.js';
import { input, inWorkflow, joined, phrase, Phrase, shown, theInput, plain } from '../../src/foundation/text.js';

/** A wording of a surface that is neither of ours. */
const inBrackets = ({ input: name, value }: Mention): string => `[${name}${value === null ? '' : `=${value}`}]`;

describe('a mention', () => {
  test.each([
    [input('s3-bucket'), '`s3-bucket`'],
    [input('force', true), '`force: true`'],
    [input('dump-jobs', 4), '`dump-jobs: 4`'],
    [input('mode', 'restore'), '`mode: restore`'],
    [input('confirm', ''), '`confirm: `'],
    [theInput('s3-bucket'), 'input `s3-bucket`'],
  ])('%j is %s in a workflow', (mention, expected) => {
    expect(inWorkflow(mention)).toBe(expected);
  });
});

describe('a phrase', () => {
  test('a phrase keeps its mentions until a surface shows it', () => {
    const text = phrase`Give another ${input('backup-name')}, or overwrite it with ${input('force', true)}.`;
    expect(shown(text, inWorkflow)).toBe('Give another `backup-name`, or overwrite it with `force: true`.');
    expect(shown(text, inBrackets)).toBe('Give another [backup-name], or overwrite it with [force=true].');
  });

  test('a phrase read as a string is in the words of a workflow', () => {
    expect(String(phrase`set ${input('analyze', false)}`)).toBe('set `analyze: false`');
  });

  test('a phrase takes texts and numbers as they are', () => {
    expect(shown(phrase`${'`force`'} ${3} of ${0}`, inBrackets)).toBe('`force` 3 of 0');
  });

  test('a phrase takes over the mentions of phrases inside of it', () => {
    const inner = phrase`use ${input('s3-uri')}`;
    const outer = phrase`it is wrong: ${inner}, or ${phrase`not (${inner})`}`;
    expect(shown(outer, inBrackets)).toBe('it is wrong: use [s3-uri], or not (use [s3-uri])');
  });

  test('a phrase of no words is empty', () => {
    expect(phrase``).toEqual(new Phrase([]));
    expect(shown(phrase`${''}${''}`, inBrackets)).toBe('');
  });
});

describe('texts that are joined', () => {
  test('joined texts keep their mentions and are apart by the separator', () => {
    const text = joined(['a', phrase`${input('b')}`, 'c'], '\n');
    expect(shown(text, inBrackets)).toBe('a\n[b]\nc');
  });

  test('joined texts are what the join of an array of strings is', () => {
    for (const texts of [[], ['a'], ['', ''], ['a', '', 'b']]) {
      expect(shown(joined(texts, ', '), inBrackets)).toBe(texts.join(', '));
    }
  });
});

test('a plain mention stands without backquotes in a workflow', () => {
  expect(String(phrase`cannot write (${plain('s3-endpoint')})`)).toBe('cannot write (s3-endpoint)');
});

test('a phrase whose words are changed keeps its mentions, and words that meet are one', () => {
  const secret = phrase`ab${'cd'} ${input('force')} abcd`;
  const masked = secret.map((words) => words.replaceAll('abcd', '***'));
  expect(shown(masked, inBrackets)).toBe('*** [force] ***');
});

test('a string is shown as it is, whatever it looks like', () => {
  expect(shown('`force: true` and `s3-bucket`', inBrackets)).toBe('`force: true` and `s3-bucket`');
});
