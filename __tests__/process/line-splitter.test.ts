import { describe, expect, test } from '@jest/globals';
import { LineSplitter } from '../../src/process/line-splitter.js';

const ODD = ['a\rb', 'a\u2028b\u2029', '\u0085\v\f', '', 'é🚀 ü', '\r', 'a\u0000b'];

describe('a text is cut at \\n only', () => {
  test.each([1, 2, 3, 7, 1000])('a text is cut at line feeds only, in pieces of %i bytes', (size) => {
    const bytes = Buffer.from(ODD.map((line) => `${line}\n`).join(''));
    const splitter = new LineSplitter();
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)));
    expect(lines).toEqual(ODD);
  });

  test('a line that has no end yet waits for it', () => {
    const splitter = new LineSplitter();
    expect(splitter.push(Buffer.from('a\nb'))).toEqual(['a']);
    expect(splitter.push(Buffer.from(''))).toEqual([]);
    expect(splitter.push(Buffer.from('c\n\n'))).toEqual(['bc', '']);
  });
});
