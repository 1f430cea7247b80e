import { describe, expect, test } from '@jest/globals';
import { PhaseliftError, type ErrorCode } from '../../src/foundation/errors.js';
import { failureReport, failureText, failureTitle, failureTrace } from '../../src/report/failure.js';

describe('what a run says about the error that ended it', () => {
  test('a failure of ours keeps its code, object, SQLSTATE and hint', () => {
    const error = new PhaseliftError('SQL', 'INDEX app.i: refused', {
      object: 'INDEX app.i',
      sqlState: '53100',
      hint: 'h',
    });
    expect(failureReport(error)).toEqual({
      code: 'SQL',
      message: 'INDEX app.i: refused',
      object: 'INDEX app.i',
      sqlState: '53100',
      hint: 'h',
    });
  });

  test('an unexpected error is a defect to report, without its stack', () => {
    const failure = failureReport(new TypeError('x is not a function\n  at all'));
    expect(failure.code).toBe('INTERNAL');
    expect(failure.message).toBe('unexpected error: TypeError: x is not a function at all');
    expect(failure.hint).toContain('report it');
  });

  test.each([
    ['text', 'unexpected error: text'],
    [undefined, 'unexpected error: a undefined was thrown'],
    [Object.assign(new Error(''), { code: 'ECONNRESET' }), 'unexpected error: Error ECONNRESET'],
    [new AggregateError([new Error('first'), new Error('second')]), 'unexpected error: Error: first'],
  ])('anything thrown has a message: %p', (thrown, message) => {
    expect(failureReport(thrown).message).toBe(message);
  });

  test('an abort is a cancel', () => {
    expect(failureReport(new DOMException('aborted', 'AbortError')).code).toBe('CANCELLED');
  });

  test('the text of a failure has a line for each fault and the next step, no command', () => {
    const error = new PhaseliftError('INPUT', '2 faults\n::error::a\nb', { hint: 'correct them' });
    expect(failureText(failureReport(error))).toBe('2 faults\n: :error::a\nb\nNext step: correct them');
  });

  test('the text of a failure keeps the next step behind a long list, its lines to copy apart', () => {
    const objects = Array.from({ length: 300 }, (_, i) => `FUNCTION f${i}()`).join('\n');
    const error = new PhaseliftError('CHECKS', `300 objects\n${objects}`, {
      hint: `Leave out:\n${objects}\n::error::x`,
    });
    const text = failureText(failureReport(error)).split('\n');
    expect(text.slice(198, 203)).toEqual([
      'FUNCTION f197()',
      '… and 102 more lines',
      'Next step: Leave out:',
      'FUNCTION f0()',
      'FUNCTION f1()',
    ]);
    expect(text.at(-1)).toBe('… and 103 more lines');
    const short = new PhaseliftError('CHECKS', 'm', { hint: 'Leave out:\nTYPE t\n::error::x' });
    expect(failureText(failureReport(short))).toBe('m\nNext step: Leave out:\nTYPE t\n: :error::x');
  });

  test('the trace of a failure has the frames of all causes, but no text of a server', () => {
    const cause = new Error('Key (email)=(a@b.example) already exists\nat line 7');
    const trace = failureTrace(new PhaseliftError('SQL', 'TABLE app.t: refused', { cause })).join('\n');
    expect(trace).toContain('PhaseliftError SQL: TABLE app.t: refused');
    expect(trace).toContain('caused by Error');
    expect(trace).toContain('failure.test');
    expect(trace).not.toContain('email');
    expect(trace).not.toContain('line 7');
    expect(failureTrace('text')).toEqual([]);
  });
});

describe('the title of an error annotation', () => {
  const failed = (code: ErrorCode) => failureReport(new PhaseliftError(code, 'no'));

  test.each<[string, ErrorCode, string, string, string]>([
    ['what failed, and by its code how', 'SQL', 'restore', 'app', 'Phaselift: restore of app failed (SQL)'],
    ['a mode of many databases', 'VERIFICATION', 'status', '', 'Phaselift: status failed (VERIFICATION)'],
    ['inputs that name no mode', 'INPUT', '', '', 'Phaselift: the run failed (INPUT)'],
    ['a cancel', 'CANCELLED', 'backup', 'app', 'Phaselift: backup of app was cancelled'],
    ['a hostile name', 'SQL', 'backup', 'a\n::error::b##[c', 'Phaselift: backup of a\\n::error::b## [c failed (SQL)'],
  ])('the title of an error annotation says %s', (_, code, mode, database, title) => {
    expect(failureTitle(failed(code), { mode, database })).toBe(title);
  });

  test('the title of an error annotation is bounded, and its end is kept', () => {
    const title = failureTitle(failed('STORE'), { mode: 'backup', database: 'x'.repeat(500) });
    expect(title).toHaveLength(120);
    expect(title).toMatch(/x… failed \(STORE\)$/);
  });
});
