import { describe, expect, test } from '@jest/globals';
import { blockText } from '../../src/archive/block-text.js';
import { RowGatherer } from '../../src/archive/row-gatherer.js';
import * as fixtures from './fixtures.js';
import { blockOf, bytesOf, contentsOf, entryOf, failureOf, fixture, mapWhole, tableBlock } from './fixtures.js';

const TERMINATOR = '\\.\n\n\n';

// eslint-disable-next-line @typescript-eslint/require-await -- stands for a store's reads
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

async function textOf(name: string, block: Buffer, size: number): Promise<string> {
  const { head } = await mapWhole(fixture(name));
  let text = '';
  for await (const rows of blockText(head.header, 'TABLE DATA app.t', inPieces(block, size))) text += rows.toString();
  return text;
}

describe.each(fixtures.READABLE)('the rows of %s', (name) => {
  test.each([1, 777, 1_000_000])('are those of the plain archive, read by %i bytes', async (size) => {
    const plainName = name.startsWith('pg15') ? 'pg15-none' : name.replace(/-.*$/, '-none');
    const [plain, archive] = [fixture(plainName), fixture(name)];
    const [{ map: plainMap, head: plainHead }, { map, head }] = [await mapWhole(plain), await mapWhole(archive)];
    for (const block of map.blocks.filter(({ kind }) => kind === 'table')) {
      const { tag } = head.entries.find(({ dumpId }) => dumpId === block.dumpId) ?? { tag: '' };
      const wanted = bytesOf(plain, blockOf(plainMap, entryOf(plainHead, 'TABLE DATA', tag)));
      const text = await textOf(name, bytesOf(archive, block), size);
      expect(text + TERMINATOR).toBe(contentsOf(wanted).toString());
    }
  });
});

describe('rows that are none', () => {
  test.each([
    ['no terminator', ['1\n2\n']],
    ['half of it', ['1\n2\n\\.\n\n']],
    ['a row behind it', [`1\n${TERMINATOR}2\n`]],
    ['two of them', [`1\n${TERMINATOR}${TERMINATOR}`]],
    ['the line of its end among rows', ['1\n', '\\.\n', 'DROP TABLE t;\n', TERMINATOR]],
    ['a row that ends like it', [`1\\.\n\n\n`]],
  ])('are refused: %s', async (_what, chunks) => {
    const failure = await failureOf(() => textOf('pg17-none', tableBlock(7, ...chunks), 1000));
    expect(failure.code).toBe('ARCHIVE_DAMAGED');
  });

  test.each(['a block that is cut off', 'a block that goes on'])('are refused: %s', async (what) => {
    const whole = tableBlock(7, `1\n${TERMINATOR}`);
    const block = what.endsWith('off') ? whole.subarray(0, -1) : Buffer.concat([whole, Buffer.from('x')]);
    expect((await failureOf(() => textOf('pg17-none', block, 1000))).code).toBe('ARCHIVE_DAMAGED');
  });
});

describe('gathered rows', () => {
  const BUFFER_BYTES = 256 * 1024;

  test.each(Array.from({ length: 12 }, (_, n) => BUFFER_BYTES - n))(
    'end with their terminator, also where a buffer ends: %i bytes',
    (length) => {
      const rows = `${'x'.repeat(length - 1)}\n`;
      const gatherer = new RowGatherer();
      const handed = [...gatherer.push(Buffer.from(rows + TERMINATOR))];
      const last = gatherer.end();
      expect(last).not.toBeNull();
      expect(Buffer.concat([...handed, last ?? Buffer.alloc(0)]).toString()).toBe(rows);
    },
  );

  test.each(Array.from({ length: 12 }, (_, n) => BUFFER_BYTES - n))(
    'are never handed on behind a line that psql takes for their end: at %i bytes',
    (length) => {
      const rows = `${'x'.repeat(length - 1)}\n`;
      const gatherer = new RowGatherer();
      const handed = [
        ...gatherer.push(Buffer.from(`${rows}\\.\nDROP TABLE t;\n${'y\n'.repeat(BUFFER_BYTES)}${TERMINATOR}`)),
      ];
      expect(gatherer.end()).toBeNull();
      expect(Buffer.concat(handed).toString()).not.toContain('DROP');
    },
  );
});
