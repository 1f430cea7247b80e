import { describe, expect, test } from '@jest/globals';
import { parseHead } from '../../src/archive/head.js';
import { miniArchiveHead } from '../../src/archive/mini-archive.js';
import { ALL, entryOf, failureOf, fixture } from './fixtures.js';

const SESSION = ['ENCODING', 'STDSTRINGS', 'SEARCHPATH'];

describe.each(ALL)('the head of a mini archive of %s', (name) => {
  const head = parseHead(fixture(name));
  const wanted = [entryOf(head, 'INDEX', 't_v'), entryOf(head, 'TABLE DATA', 'p1'), entryOf(head, 'SCHEMA')];
  const mini = parseHead(miniArchiveHead(head, new Set(wanted.map(({ dumpId }) => dumpId))));

  test('the head of a mini archive has the wanted entries and the session’s, in TOC order', () => {
    const expected = head.entries.filter((entry) => SESSION.includes(entry.desc) || wanted.includes(entry));
    expect(mini.entries.map(({ dumpId }) => dumpId)).toEqual(expected.map(({ dumpId }) => dumpId));
    expect(mini.header).toEqual({ ...head.header, entryCount: 6 });
  });

  test('the head of a mini archive has their bytes, but says that no offset is known', () => {
    for (const entry of mini.entries) {
      const original = head.entries.find(({ dumpId }) => dumpId === entry.dumpId);
      const expected = Buffer.from(head.bytes.subarray(original?.start, original?.end));
      expected[expected.length - 9] = 1;
      expect(mini.bytes.subarray(entry.start, entry.end)).toEqual(expected);
    }
  });
});

test('a mini archive of a dump id that the archive does not have is refused', async () => {
  const failure = await failureOf(() => miniArchiveHead(parseHead(fixture('pg15-none')), new Set([6, 99_999])));
  expect(failure.code).toBe('INTERNAL');
  expect(failure.message).toContain('99999');
});

test('a mini archive of a directory archive, whose blocks are files, is refused', async () => {
  const failure = await failureOf(() => miniArchiveHead(parseHead(fixture('pg15-directory-toc')), new Set([6])));
  expect(failure.message).toContain('custom format');
});

describe.each(ALL)('another definition in a mini archive of %s', (name) => {
  const head = parseHead(fixture(name));
  const key = entryOf(head, 'FK CONSTRAINT', 'child child_t_fkey');

  test('another definition is all that changes', () => {
    const redefined = new Map([[key.dumpId, (definition: string) => `-- \xe9\n${definition}`]]);
    const bytes = miniArchiveHead(head, new Set([key.dumpId, entryOf(head, 'INDEX', 't_v').dumpId]), redefined);
    const mini = parseHead(bytes);
    const plain = parseHead(miniArchiveHead(head, new Set([key.dumpId, entryOf(head, 'INDEX', 't_v').dumpId])));
    const withoutPlaces = (entries: typeof mini.entries) =>
      entries.map((entry) => ({ ...entry, definition: '', start: 0, end: 0, offsetFlagAt: 0 }));
    expect(withoutPlaces(mini.entries)).toEqual(withoutPlaces(plain.entries));
    const changed = mini.entries.filter(({ definition }, at) => definition !== plain.entries[at]?.definition);
    expect(changed.map(({ dumpId }) => dumpId)).toEqual([key.dumpId]);
    expect(bytes.includes(Buffer.from(`-- \xe9\n${key.definition}`, 'latin1'))).toBe(true);
  });

  test('another definition that cannot be made is an error', async () => {
    const failure = await failureOf(() =>
      miniArchiveHead(head, new Set([key.dumpId]), new Map([[key.dumpId, () => null]])),
    );
    expect(failure.message).toMatch(/^the definition of FK CONSTRAINT app\.child child_t_fkey \(dump id \d+\) is not/);
  });
});
