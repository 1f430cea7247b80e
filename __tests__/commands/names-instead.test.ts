import { describe, expect, test } from '@jest/globals';
import { namesInstead } from '../../src/commands/names-instead.js';

describe('names in place of one that is not there', () => {
  test('names that are like the one that was asked for come first, each once', () => {
    expect(namesInstead('shpo', ['app', 'billing', 'shop'])).toBe('shop, app, billing');
  });

  test('names beyond ten are counted', () => {
    const names = Array.from({ length: 1234 }, (_, at) => `tenant_${at}`);
    expect(namesInstead('x', names)).toMatch(/^tenant_0, tenant_1, .*tenant_9 and 1,224 more$/);
  });

  test('names are none where there is only the one that was asked for', () => {
    expect(namesInstead('app', ['app'])).toBe('');
    expect(namesInstead('app', [])).toBe('');
  });
});
