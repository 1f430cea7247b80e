import { expect, test } from '@jest/globals';
import { shownBy, type ProgressDisplay } from '../../src/report/progress-display.js';

/** Notes its last words only. */
class LastWords implements ProgressDisplay {
  readonly said: string[] = [];
  set = (): void => undefined;
  add = (): void => undefined;
  tick = (): void => undefined;
  finish(result = 'done'): void {
    this.said.push(result);
  }
}

test('a display says that work is done, and its result comes back', async () => {
  const display = new LastWords();
  const result = await shownBy(display, new AbortController().signal, () => Promise.resolve(7));
  expect([result, display.said]).toEqual([7, ['done']]);
});

test.each([
  ['failed', false],
  ['cancelled', true],
])('a display says that work %s, and the error goes on', async (word, aborted) => {
  const display = new LastWords();
  const controller = new AbortController();
  if (aborted) controller.abort();
  const work = shownBy(display, controller.signal, () => Promise.reject(new Error('no more')));
  await expect(work).rejects.toThrow('no more');
  expect(display.said).toEqual([word]);
});
