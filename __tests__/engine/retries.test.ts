import { describe, expect, test } from '@jest/globals';
import { Retries } from '../../src/engine/retries.js';
import { PhaseliftError } from '../../src/foundation/errors.js';
import { inWorkflow, shown } from '../../src/foundation/text.js';

const MINUTE = 60_000;

/** Retries whose pauses take no time but on their clock. */
class Trial {
  nowMs = 0;
  readonly lines: string[] = [];
  readonly stop = new AbortController();
  before = (): Promise<void> => Promise.resolve();
  loss: unknown = null;
  readonly retries: Retries;

  constructor(budgetMs = 10 * MINUTE) {
    this.retries = new Retries({
      budgetMs,
      causeOf: (error) => this.loss ?? error,
      before: () => this.before(),
      log: (line) => this.lines.push(shown(line, inWorkflow)),
      signal: this.stop.signal,
      clock: () => this.nowMs,
      pause: (ms) => {
        this.nowMs += ms;
        return Promise.resolve();
      },
    });
  }
}

const lost = (): PhaseliftError => new PhaseliftError('CONNECTION', 'the server is away', { passes: true });
const deadlock = (): PhaseliftError => new PhaseliftError('SQL', 'deadlock', { passes: true, sqlState: '40P01' });

/** Fails so many times. */
function failing(times: number, error: () => Error): (attempt: number) => Promise<string> {
  return (attempt) => (attempt <= times ? Promise.reject(error()) : Promise.resolve(`attempt ${attempt}`));
}

describe('work that is tried again', () => {
  test('work is done again until it is done, with pauses that grow', async () => {
    const trial = new Trial();
    await expect(trial.retries.run('rows', failing(8, lost))).resolves.toBe('attempt 9');
    expect(trial.lines.map((line) => /in ([\d.]+) s$/.exec(line)?.[1])).toEqual([
      '0.5',
      '1.0',
      '2.0',
      '4.0',
      '8.0',
      '16.0',
      '30.0',
      '30.0',
    ]);
    expect(trial.lines[0]).toBe('rows: the server is away; trying again in 0.5 s');
  });

  test('work is not done again where another has taken it over, whatever was lost before', async () => {
    const trial = new Trial();
    trial.loss = lost();
    trial.before = () => Promise.reject(new PhaseliftError('TARGET_BUSY', 'another restore is at work'));
    await expect(trial.retries.run('rows', failing(1, lost))).rejects.toMatchObject({ code: 'TARGET_BUSY' });
  });

  test('work is given up after the time without progress, and says how often it was tried', async () => {
    const trial = new Trial(MINUTE);
    await expect(trial.retries.run('rows', failing(99, lost))).rejects.toMatchObject({
      code: 'CONNECTION',
      message: 'the server is away (7 attempts in 32 s without progress)',
    });
  });

  test('something else may be done in place of the same again, after a failure that passes', async () => {
    const trial = new Trial();
    const instead = ({ sqlState }: PhaseliftError): string | null => (sqlState === '40P01' ? 'in parts' : null);
    await expect(trial.retries.run('rows', failing(9, deadlock), instead)).resolves.toBe('in parts');
    await expect(trial.retries.run('more', failing(1, lost), instead)).resolves.toBe('attempt 2');
    expect(trial.lines).toEqual([
      'rows: deadlock; doing it in smaller parts',
      'more: the server is away; trying again in 0.5 s',
    ]);
    expect(trial.retries.summary).toMatch(/^2 failures passed.*deadlock detected \(1\)/);
    const final = new PhaseliftError('SQL', 'no', { sqlState: '40P01' });
    await expect(trial.retries.run('rows', () => Promise.reject(final), instead)).rejects.toBe(final);
    await expect(new Trial(0).retries.run('rows', failing(1, deadlock), instead)).rejects.toMatchObject({
      message: 'deadlock',
    });
  });

  test('progress of any work begins the time anew', async () => {
    const trial = new Trial(MINUTE);
    const late = trial.retries.run('late', async (attempt) => {
      await trial.retries.run('other', () => Promise.resolve());
      return failing(20, lost)(attempt);
    });
    await expect(late).resolves.toBe('attempt 21');
  });

  test.each([
    [
      'a failure that does not pass',
      10 * MINUTE,
      () => new PhaseliftError('SQL', 'no such table', { sqlState: '42P01' }),
    ],
    ['any other error', 10 * MINUTE, () => new TypeError('a mistake')],
    ['a budget of nothing', 0, lost],
  ])('work is not done again after %s', async (_why, budgetMs, error) => {
    const trial = new Trial(budgetMs);
    const failure = error();
    let attempts = 0;
    const work = (): Promise<void> => {
      attempts += 1;
      return Promise.reject(failure);
    };
    await expect(trial.retries.run('rows', work)).rejects.toBe(failure);
    expect({ attempts, summary: trial.retries.summary }).toEqual({ attempts: 1, summary: null });
  });

  test('a further attempt begins with what has to be done before it, whose failures count as well', async () => {
    const trial = new Trial();
    let calls = 0;
    trial.before = () => (++calls < 3 ? Promise.reject(lost()) : Promise.resolve());
    await expect(trial.retries.run('rows', failing(1, deadlock))).resolves.toBe('attempt 4');
    expect(trial.retries.summary).toBe(
      '3 failures passed, and the work was done again: connection lost (2), deadlock detected (1)',
    );
  });

  test('what a failure is the consequence of is what counts', async () => {
    const trial = new Trial();
    trial.loss = new PhaseliftError('TARGET_BUSY', 'somebody else is here');
    await expect(trial.retries.run('rows', failing(1, lost))).rejects.toBe(trial.loss);
  });

  test('a run that is cancelled tries nothing again', async () => {
    const trial = new Trial();
    const reason = new PhaseliftError('CANCELLED', 'cancelled');
    const work = (): Promise<void> => {
      trial.stop.abort(reason);
      return Promise.reject(lost());
    };
    await expect(trial.retries.run('rows', work)).rejects.toBe(reason);
  });
});
