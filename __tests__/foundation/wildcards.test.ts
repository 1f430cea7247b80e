import { expect, test } from '@jest/globals';
import { betweenStars } from '../../src/foundation/wildcards.js';
import { unlessEndless } from '../helpers/unless-endless.js';
import { Random } from '../../testbed/random.js';

const matches = (pattern: string, text: string): boolean => betweenStars(pattern.split('*'), 's').test(text);

test('a pattern with stars matches whole texts', () => {
  expect(['a', 'ab', 'a\nb', 'b', ''].map((text) => matches('a*', text))).toEqual([true, true, true, false, false]);
  expect(['ab', 'axb', 'abab', 'aba', 'b'].map((text) => matches('a*b', text))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect([matches('*', ''), matches('**', 'x'), matches('', ''), matches('', 'x')]).toEqual([true, true, true, false]);
  // The same letters do not count for two parts.
  expect([matches('ab*ba', 'aba'), matches('ab*ba', 'abba'), matches('*aa*aa', 'aaa')]).toEqual([false, true, false]);
});

test('a pattern with stars matches what one with .* does', () => {
  const random = new Random(7);
  const word = (letters: string): string =>
    Array.from({ length: random.below(8) }, () => letters[random.below(letters.length)]).join('');
  let matched = 0;
  for (let n = 0; n < 20_000; n++) {
    const [pattern, text] = [word('ab.*'), word('ab')];
    const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 's').test(text);
    expect([pattern, text, matches(pattern, text)]).toEqual([pattern, text, expected]);
    if (expected) matched++;
  }
  expect(matched).toBeGreaterThan(500);
});

test('a pattern of many stars comes to an end', () => {
  expect(unlessEndless(() => matches(`${'*a'.repeat(30)}b`, 'a'.repeat(63)))).toBe(false);
});
