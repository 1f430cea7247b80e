import { describe, expect, test } from '@jest/globals';
import { indexOverrides } from '../../src/inputs/index-overrides.js';

describe('the input index-strategy-overrides', () => {
  test('an override is a table or an index, and a choice', () => {
    expect(indexOverrides('app.events=empty\n\n  "Odd = name" = after-data\r\napp.events_*=empty')).toEqual({
      value: [
        { schema: 'app', name: 'events', choice: 'empty', text: 'app.events=empty' },
        { schema: null, name: 'Odd = name', choice: 'after-data', text: '"Odd = name" = after-data' },
        { schema: 'app', name: 'events_.*', choice: 'empty', text: 'app.events_*=empty' },
      ],
    });
    expect(indexOverrides('')).toEqual({ value: [] });
  });

  test.each([
    ['app.events', /"?app\.events"?.* is no override: write a table or an index, `=` and a choice/],
    ['=empty', /is no override/],
    ['a.b.c=empty', /is no override/],
    ['app.events=keys-last', /keys-last.* is not known: use one of `empty` or `after-data`/],
    [
      'app.events=empty\napp.events=after-data',
      /app\.events=empty.* and .*app\.events=after-data.* contradict each other/,
    ],
  ])('a bad override is refused: %j', (text, message) => {
    const parsed = indexOverrides(text);
    expect('value' in parsed ? [] : parsed.faults.map(String)).toEqual([expect.stringMatching(message)]);
  });
});
