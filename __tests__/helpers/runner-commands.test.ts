import { describe, expect, test } from '@jest/globals';
import { parseAnnotation, parseFileCommands } from '../../testbed/runner-commands.js';

describe('what an action says to the runner', () => {
  test('outputs of an action are read in both notations, and a cut end is left out', () => {
    const text = 'a=1=2\nb<<EOF_1\nline 1\n\nline=3\nEOF_1\nc<<X\nX\nd<<Y\ncut';
    expect(parseFileCommands(text)).toEqual({ a: '1=2', b: 'line 1\n\nline=3', c: '' });
    expect(() => parseFileCommands('nonsense')).toThrow(/nonsense/);
  });

  test('annotations of an action are read with properties and escapes', () => {
    expect(parseAnnotation('::error title=A%2C b,line=3::100%25%0Anext')).toEqual({
      level: 'error',
      message: '100%\nnext',
      properties: { title: 'A, b', line: '3' },
    });
    expect(parseAnnotation('::warning::w')).toEqual({ level: 'warning', message: 'w', properties: {} });
    expect(parseAnnotation('::group::x')).toBeNull();
  });
});
