import { describe, expect, test } from '@jest/globals';
import { markdownCell, markdownCode, mermaidText, safeLine, truncate, visibleLine } from '../../src/report/escape.js';

/** What the runner's parser sees: it overlooks invisible characters when it compares. */
const asRunner = (line: string): string => line.replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '').trimStart();

describe('safeLine', () => {
  test.each([
    ['plain', '::error::boom'],
    ['after white space', ' \t\u00a0\u3000::set-output name=x::y'],
    ['after a line end', 'text\n::add-mask::x'],
    ['after a carriage return', 'text\r::add-mask::x'],
    ['after an invisible character', '\u200b\ufeff\u00ad::error::boom'],
    ['with an invisible character inside', ':\u200d:error::boom'],
    ['behind a terminal sequence', '\u001b[31m::error::boom\u001b[0m'],
    ['split by a control character', ':\u0000:error::boom'],
    ['of many colons', '::::::error::boom'],
    ['after a byte of C1', '\u0085::error::boom'],
  ])('a safe line starts no command: %s', (_, text) => {
    const line = safeLine(text);
    expect(line).not.toMatch(/[\r\n]/);
    expect(asRunner(line).startsWith('::')).toBe(false);
  });

  test.each(['##[error]boom', 'text ##[group]x', '#\u200b#[error]boom', '###[error]x', '##\u0007[error]x'])(
    'a safe line holds no command of the old kind: %j',
    (text) => {
      expect(asRunner(safeLine(text))).not.toContain('##[');
    },
  );

  test('a safe line keeps what is harmless', () => {
    const text = 'TABLE DATA app."Odd ""name"" 🚀": 12 % of a::text, #[x] 日本 ❤️';
    expect(safeLine(text)).toBe(text);
  });

  test('a safe line spells controls out, and has no terminal sequences', () => {
    expect(safeLine('a\r\nb\tc\u0007d\u202ee\u2028f\u0085')).toBe('a\\r\\nb c\\u{7}d\\u{202e}e\\u{2028}f\\u{85}');
    expect(visibleLine('\u001b]0;title\u0007x\ud800')).toBe('x\ufffd');
  });
});

describe('markdownCell', () => {
  test.each([
    ['a|b', 'a&#124;b'],
    ['a\\|b', 'a&#92;&#124;b'],
    ['<img src=x>', '&#60;img src=x&#62;'],
    ['&amp;', '&#38;amp;'],
    ['[x](http://evil)', '&#91;x&#93;(http&#58;//evil)'],
    ['www.evil.example', 'www&#46;evil.example'],
    ['*a* _b_ ~~c~~ `d`', '&#42;a&#42; &#95;b&#95; &#126;&#126;c&#126;&#126; &#96;d&#96;'],
    ['$x$ :tada:', '&#36;x&#36; &#58;tada&#58;'],
    ['hello @team', 'hello <span>@</span>team'],
    ['me@example.com #12', 'me<span>@</span>example.com <span>#</span>12'],
    ['two\nlines', 'two&#92;nlines'],
    ['- x', '&#45; x'],
    ['1. x', '1&#46; x'],
    ['Odd "name" 🚀', 'Odd "name" 🚀'],
    ['order_lines_pkey', 'order_lines_pkey'],
  ])('a cell of Markdown keeps %j in its place', (text, expected) => {
    expect(markdownCell(text)).toBe(expected);
  });

  test('a cell of Markdown is bounded before it is escaped, and cuts no entity', () => {
    expect(markdownCell('|'.repeat(1_000_000), 5)).toBe('&#124;&#124;&#124;&#124;…');
    expect(markdownCode('a|b')).toBe('<code>a&#124;b</code>');
  });
});

describe('mermaidText', () => {
  test.each([
    ['data: 1;2#3,4"5"', 'data· 1·2·3·4·5·'],
    ['section x', '· section x'],
    ['Title', '· Title'],
    ['%%{init: x}%%', '···init· x···'],
    ['a\n  evil :crit, 1d', 'a·n  evil ·crit· 1d'],
    ['```', '···'],
    ['', '·'],
    ['Odd "name" 🚀', 'Odd ·name· 🚀'],
  ])('a Mermaid text makes a label of %j', (text, expected) => {
    expect(mermaidText(text)).toBe(expected);
  });
});

test('truncate counts characters and cuts none in two', () => {
  expect(truncate('🚀🚀🚀', 3)).toBe('🚀🚀🚀');
  expect(truncate('🚀🚀🚀🚀', 3)).toBe('🚀🚀…');
  expect(truncate('abc', 3)).toBe('abc');
});
