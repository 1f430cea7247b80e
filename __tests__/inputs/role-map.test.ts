import { describe, expect, test } from '@jest/globals';
import { faultsOf, restore } from './given.js';

describe('role-map', () => {
  test('role-map has one role a line, names as they are or in quotes', () => {
    const text = 'app_owner=me\n\n "Odd ""=name""" = "new = name" \nUpper=lower case\nb=me';
    expect(restore({ 'role-map': text }).roleMap).toEqual([
      { from: 'app_owner', to: 'me' },
      { from: 'Odd "=name"', to: 'new = name' },
      { from: 'Upper', to: 'lower case' },
      { from: 'b', to: 'me' },
    ]);
    expect(restore({ 'role-map': ' \n ' }).roleMap).toEqual([]);
  });

  test.each([
    ['app_owner', /`app_owner` is not `old=new`: write the role/],
    ['=new', /`=new` is not `old=new`/],
    ['old=', /`old=` is not `old=new`/],
    ['a=b=c', /`a=b=c` is not `old=new`/],
    ['"a=b', /is not `old=new`/],
    ['a=b\na=c', /`a` stands there more than once/],
    ['a=a', /`a=a` changes nothing/],
    ['a=public', /no role can be called `public`/],
    [`a=${'x'.repeat(64)}`, /is 64 bytes long/],
  ])('role-map that cannot be meant is refused: %j', (text, fault) => {
    const faults = faultsOf(() => restore({ 'role-map': text }));
    expect(faults.at(-1)).toMatch(fault);
    expect(faults.at(-1)).toContain('role-map');
  });

  test('role-map tells all of its faults at once', () => {
    expect(faultsOf(() => restore({ 'role-map': 'a\nb=b\nc=' }))).toHaveLength(4);
  });
});
