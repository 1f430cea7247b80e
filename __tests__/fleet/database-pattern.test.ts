import { expect, test } from '@jest/globals';
import { isPattern, matchesName } from '../../src/fleet/database-pattern.js';

test('a pattern is compared with the whole name, line ends and emoji included', () => {
  expect(matchesName('a*', 'a\nb')).toBe(true);
  expect(matchesName('?', '🚀')).toBe(true);
  expect(matchesName('app', 'app2')).toBe(false);
  expect(matchesName('app', 'my_app')).toBe(false);
});

test('a name without `*` and `?` is no pattern', () => {
  expect(['app', 'a.b+', 'a*', '?'].map(isPattern)).toEqual([false, false, true, true]);
});
