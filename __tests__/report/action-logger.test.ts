import { beforeEach, describe, expect, test } from '@jest/globals';
import type { CoreOutput } from '../../src/report/action-logger.js';
import { createActionLogger } from '../../src/report/action-logger.js';

let calls: string[];
let runnerDebugs: boolean;

const core: CoreOutput = {
  info: (text) => void calls.push(`info ${text}`),
  debug: (text) => void calls.push(`debug ${text}`),
  isDebug: () => runnerDebugs,
  warning: (text, properties) => void calls.push(`warning ${properties?.title ?? '-'} ${String(text)}`),
  error: (text) => void calls.push(`error ${String(text)}`),
  startGroup: (name) => void calls.push(`group ${name}`),
  endGroup: () => void calls.push('endgroup'),
  setSecret: (secret) => void calls.push(`secret ${secret}`),
};

beforeEach(() => {
  calls = [];
  runnerDebugs = false;
});

describe('the log of a step', () => {
  test('the log of a step makes every line safe', () => {
    const log = createActionLogger({ quiet: false, debug: true }, core);
    log.info('::error::x');
    log.debug('a\nb');
    log.warning('##[x]', '::t');
    log.group('::stop-commands::x');
    expect(calls).toEqual([
      'info : :error::x',
      'info debug: a\\nb',
      'warning : :t ## [x]',
      'group : :stop-commands::x',
    ]);
  });

  test('the log of a step shows as many annotations as fit, and says how many are left', () => {
    const log = createActionLogger({ quiet: false, debug: false }, core);
    for (let i = 1; i <= 20_000; i++) log.warning(`w${i}`, 'T');
    log.close();
    const warnings = calls.filter((call) => call.startsWith('warning '));
    expect(warnings).toHaveLength(10);
    expect(warnings.at(-1)).toBe('warning - 19991 more warnings: see the log of this step');
    expect(calls.filter((call) => call.startsWith('info warning: T: w'))).toHaveLength(19_991);
  });

  test('the log of a step leaves one error annotation for the one that fails the step', () => {
    const log = createActionLogger({ quiet: false, debug: false }, core);
    for (let i = 1; i <= 30; i++) log.error(`e${i}`);
    log.close();
    expect(calls.filter((call) => call.startsWith('error '))).toHaveLength(9);
  });

  test('the log of a step says nothing about annotations that all found room', () => {
    const log = createActionLogger({ quiet: false, debug: false }, core);
    for (let i = 1; i <= 9; i++) log.warning(`w${i}`);
    log.close();
    expect(calls).toHaveLength(9);
  });

  test('the quiet log of a step hides lines and groups, but no warnings and errors', () => {
    const log = createActionLogger({ quiet: true, debug: false }, core);
    log.group('g');
    log.info('i');
    log.warning('w');
    log.error('e');
    log.close();
    expect(calls).toEqual(['warning - w', 'error e']);
  });

  test('debug lines go to the runner when it debugs, else to the log when asked for', () => {
    createActionLogger({ quiet: false, debug: false }, core).debug('x');
    createActionLogger({ quiet: true, debug: true }, core).debug('y');
    runnerDebugs = true;
    createActionLogger({ quiet: false, debug: true }, core).debug('z');
    expect(calls).toEqual(['info debug: y', 'debug z']);
  });

  test('a group in the log ends the one before, and is ended once', () => {
    const log = createActionLogger({ quiet: false, debug: false }, core);
    log.group('a');
    log.group('b');
    log.endGroup();
    log.endGroup();
    log.close();
    expect(calls).toEqual(['group a', 'endgroup', 'group b', 'endgroup']);
  });

  test('a line of the log has an end', () => {
    createActionLogger({ quiet: false, debug: false }, core).info('x'.repeat(1_000_000));
    expect(calls[0]?.length).toBeLessThan(10_000);
  });
});
