import { describe, expect, test } from '@jest/globals';
import { runUnits } from '../../src/engine/worker-pool.js';
import type { Unit } from '../../src/plan/unit.js';
import { unit } from '../plan/units.js';

/** Work that ends when the test says so. */
class Work {
  readonly begun: string[] = [];
  private readonly ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  readonly run = (one: Unit, worker: string): Promise<void> => {
    this.begun.push(`${worker}: ${one.id}`);
    return new Promise((resolve, reject) => this.ends.set(one.id, { resolve, reject }));
  };

  async end(id: string, error?: Error): Promise<void> {
    const end = this.ends.get(id);
    if (error === undefined) end?.resolve();
    else end?.reject(error);
    await new Promise(setImmediate);
  }
}

const never = new AbortController().signal;

describe('workers', () => {
  test('workers share the units, and one that waits is woken when it can go on', async () => {
    const work = new Work();
    const units = [unit('a'), unit('b', { after: ['a'] }), unit('c', { after: ['a'] })];
    const done = runUnits(units, new Set(), ['x', 'y'], work, never);
    expect(work.begun).toEqual(['x: a']);
    await work.end('a');
    expect(work.begun.slice(1).toSorted()).toEqual(['x: b', 'y: c']);
    await work.end('b');
    await work.end('c');
    await done;
  });

  test('workers tell what will probably be next, one for each of them at most', async () => {
    const work = new Work();
    const told: string[][] = [];
    const soon = (units: readonly Unit[]): unknown => told.push(units.map(({ id }) => id));
    const units = [
      unit('a'),
      unit('b', { after: ['a'] }),
      unit('c', { after: ['b'] }),
      unit('d', { after: ['a', 'b'] }),
    ];
    const done = runUnits(units, new Set(), ['x', 'y'], { run: work.run, soon }, never);
    for (const { id } of units) await work.end(id);
    await done;
    expect(told).toEqual([['b'], ['c', 'd'], ['d'], []]);
  });

  test('workers pass over what is finished', async () => {
    const work = new Work();
    await runUnits([unit('a')], new Set(['a']), ['x'], work, never);
    expect(work.begun).toEqual([]);
  });

  test('workers start nothing after a failure, but finish what is at work', async () => {
    const work = new Work();
    const units = ['a', 'b', 'c', 'd'].map((id) => unit(id));
    const done = runUnits(units, new Set(), ['x', 'y'], work, never);
    let settled = false;
    const failure = done.catch((error: unknown) => {
      settled = true;
      return error;
    });
    await work.end('a', new Error('first'));
    expect(settled).toBe(false);
    await work.end('b', new Error('second'));
    expect(await failure).toMatchObject({ message: 'first' });
    expect(work.begun).toEqual(['x: a', 'y: b']);
  });

  test('workers wake up one that waits when another fails', async () => {
    const work = new Work();
    const done = runUnits([unit('a'), unit('b', { after: ['a'] })], new Set(), ['x', 'y'], work, never);
    const failure = expect(done).rejects.toThrow('it failed');
    await work.end('a', new Error('it failed'));
    await failure;
  });

  test('workers say a cancel rather than the failures that it caused', async () => {
    const controller = new AbortController();
    const work = new Work();
    const done = runUnits([unit('a')], new Set(), ['x'], work, controller.signal);
    const failure = expect(done).rejects.toMatchObject({ name: 'AbortError' });
    controller.abort();
    await work.end('a', new Error('killed'));
    await failure;
  });

  test('workers say that units wait for each other, instead of waiting for ever', async () => {
    const units = [unit('a', { after: ['b'] }), unit('b', { after: ['a'] })];
    await expect(runUnits(units, new Set(), ['x', 'y'], new Work(), never)).rejects.toThrow(/in a circle/);
  });
});
