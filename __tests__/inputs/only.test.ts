import { describe, expect, test } from '@jest/globals';
import { onlyPatterns } from '../../src/inputs/only.js';

/** Kind, schema and name of each pattern. */
function parsed(text: string): unknown[] {
  const result = onlyPatterns(text);
  if (!('value' in result)) throw new Error(result.faults.map(String).join('\n'));
  return result.value.map(({ kind, schema, name }) => [kind, schema, name]);
}

describe('the input only', () => {
  test.each([
    ['orders', [[null, null, 'orders']]],
    ['app.orders', [[null, 'app', 'orders']]],
    ['TABLE app.orders', [['TABLE', 'app', 'orders']]],
    ['MATERIALIZED VIEW app.*', [['MATERIALIZED VIEW', 'app', '.*']]],
    ['SCHEMA app', [['SCHEMA', null, 'app']]],
    ['App.ORDERS', [[null, 'app', 'orders']]],
    ['"App"."Or.d""ers *"', [[null, 'App', 'Or\\.d"ers \\*']]],
    ['app.order?_2*', [[null, 'app', 'order._2.*']]],
    ['"A"bc."x"', [[null, 'Abc', 'x']]],
    ['tables', [[null, null, 'tables']]],
    [
      'a\n\n  TABLE b  \n',
      [
        [null, null, 'a'],
        ['TABLE', null, 'b'],
      ],
    ],
    ['', []],
  ])('%j is understood', (text, patterns) => {
    expect(parsed(text)).toEqual(patterns);
  });

  test.each(['TABLE', 'TABLE ', 'a b', 'a.b.c', 'app.', '.orders', '"open', 'TABLE app orders', 'SCHEMA a.b'])(
    '%j is refused',
    (text) => {
      expect(() => parsed(text)).toThrow(/^`/);
    },
  );
});
