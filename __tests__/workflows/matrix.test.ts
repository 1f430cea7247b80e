import { describe, expect, test } from '@jest/globals';
import { legsOf } from '../../testbed/workflow/matrix.js';

describe('the legs of a matrix', () => {
  test('the legs of a matrix are all combinations, in order', () => {
    const legs = legsOf({ a: [1, 2], b: ['x', 'y'] });
    expect(legs).toEqual([
      { a: 1, b: 'x' },
      { a: 1, b: 'y' },
      { a: 2, b: 'x' },
      { a: 2, b: 'y' },
    ]);
  });

  test('exclude takes those legs away that agree in all that it says', () => {
    expect(legsOf({ a: [1, 2], b: ['x', 'y'], exclude: [{ a: 1, b: 'x' }, { a: 2 }] })).toEqual([{ a: 1, b: 'y' }]);
  });

  test('include adds to the legs that it fits, and is a leg of its own otherwise', () => {
    const include = [{ all: true }, { a: 1, more: 'm' }, { a: 3, more: 'n' }, { all: false }];
    expect(legsOf({ a: [1, 2], include })).toEqual([
      { a: 1, all: false, more: 'm' },
      { a: 2, all: false },
      { a: 3, more: 'n' },
    ]);
    expect(legsOf({ include: [{ a: 1 }, { b: 2 }] })).toEqual([{ a: 1 }, { b: 2 }]);
  });

  test('a job without a matrix is one leg; a matrix without a leg is refused', () => {
    expect(legsOf(null)).toEqual([{}]);
    expect(() => legsOf({ a: [1], exclude: [{ a: 1 }] })).toThrow(/no leg/);
    expect(() => legsOf({ a: [] })).toThrow(/matrix\.a/);
  });
});
