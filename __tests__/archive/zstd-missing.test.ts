import * as zlib from 'node:zlib';
import { expect, jest, test } from '@jest/globals';

test('a Node without zstd leaves rows in zstd unknown, and everything else known', async () => {
  const later = ['createZstdDecompress', 'zstdDecompressSync', 'default'];
  const older = Object.fromEntries(Object.entries(zlib).filter(([name]) => !later.includes(name)));
  jest.unstable_mockModule('node:zlib', () => older);
  const { blockOf, entryOf, fixture, mapWhole } = await import('./fixtures.js');
  const { map, head } = await mapWhole(fixture('pg18-zstd'));
  expect(blockOf(map, entryOf(head, 'TABLE DATA', 't')).rows).toBeNull();
  expect(blockOf(map, entryOf(head, 'BLOBS')).rows).toBe(3);
});
