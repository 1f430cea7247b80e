import { expect, test } from '@jest/globals';
import { storageNotes } from '../../src/plan/storage-notes.js';
import { entry, table } from './toc-entries.js';

const ENTRIES = [
  table(1, 'plain', { tableAccessMethod: 'heap' }),
  table(2, 'wide', { tableAccessMethod: 'columnar', tablespace: 'fast' }),
  entry(3, 'INDEX', 'wide_idx', { tablespace: 'fast' }),
  entry(4, 'INDEX', 'plain_idx', { tablespace: 'slow disk' }),
];

test('what is stored otherwise than at the source is told, each place and method once', () => {
  expect(storageNotes(ENTRIES, { keepTablespaces: false, keepAccessMethods: false })).toEqual([
    '2 objects of tablespace fast will be in the default one: keep-tablespaces is false',
    '1 object of tablespace slow disk will be in the default one: keep-tablespaces is false',
    '1 table of access method columnar will have the default one: keep-access-methods is false',
  ]);
});

test('what is stored as at the source needs no word, nor does a default', () => {
  expect(storageNotes(ENTRIES, { keepTablespaces: true, keepAccessMethods: true })).toEqual([]);
  expect(
    storageNotes([table(1, 'plain', { tableAccessMethod: 'heap' })], {
      keepTablespaces: false,
      keepAccessMethods: false,
    }),
  ).toEqual([]);
});
