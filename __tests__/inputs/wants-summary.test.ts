import { describe, expect, test } from '@jest/globals';
import { wantsSummary } from '../../src/inputs/wants-summary.js';
import { given } from './given.js';

describe('the input summary', () => {
  test.each([
    ['nothing', '', true],
    ['true', 'true', true],
    ['false', ' false ', false],
    ['what is no boolean, which the summary then tells', 'no', true],
  ])('the input summary as %s', (_, text, isWanted) => {
    expect(wantsSummary(given({ summary: text }))).toBe(isWanted);
  });
});
