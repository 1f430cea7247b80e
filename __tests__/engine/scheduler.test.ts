import { describe, expect, test } from '@jest/globals';
import { Scheduler } from '../../src/engine/scheduler.js';
import type { TableLock, Unit } from '../../src/plan/unit.js';
import { unit } from '../plan/units.js';

function exclude(a: Unit, b: Unit): boolean {
  return a.locks.some((mine) =>
    b.locks.some((theirs) => mine.table === theirs.table && (mine.mode === 'exclusive' || theirs.mode === 'exclusive')),
  );
}

const lock = (table: number, mode: TableLock['mode']): TableLock[] => [{ table, mode }];

describe('the next unit', () => {
  test('the next unit is the largest; equal ones keep the order of the plan', () => {
    const units = [unit('a', { weightBytes: 1 }), unit('b', { weightBytes: 9 }), unit('c', { weightBytes: 1 })];
    const scheduler = new Scheduler(units, new Set());
    expect([1, 2, 3].map(() => scheduler.next()?.id)).toEqual(['b', 'a', 'c']);
    expect(scheduler.next()).toBeNull();
    expect(scheduler.isEmpty).toBe(true);
  });

  test('the next unit is none that waits for an unfinished one, however large', () => {
    const small = unit('small');
    const scheduler = new Scheduler([unit('large', { weightBytes: 99, after: ['small'] }), small], new Set());
    expect(scheduler.next()).toBe(small);
    expect(scheduler.next()).toBeNull();
    scheduler.finish(small);
    expect(scheduler.next()?.id).toBe('large');
  });

  test('the next unit is none that an earlier run finished, for which nothing waits', () => {
    const scheduler = new Scheduler([unit('a'), unit('b', { after: ['a'] })], new Set(['a']));
    expect(scheduler.next()?.id).toBe('b');
    expect(scheduler.isEmpty).toBe(true);
  });

  test('the next unit is none that would wait for the lock of a unit at work', () => {
    const first = unit('a', { locks: lock(1, 'exclusive') });
    const scheduler = new Scheduler(
      [first, unit('b', { locks: lock(1, 'shared') }), unit('c', { locks: lock(2, 'exclusive') })],
      new Set(),
    );
    expect(scheduler.next()?.id).toBe('a');
    expect(scheduler.next()?.id).toBe('c');
    expect(scheduler.next()).toBeNull();
    scheduler.finish(first);
    expect(scheduler.next()?.id).toBe('b');
  });

  test('the next unit may share a table with one that shares it, not with one that owns it', () => {
    const scheduler = new Scheduler(
      ['shared', 'shared', 'exclusive'].map((mode, index) =>
        unit(`${mode} ${index}`, { locks: lock(1, mode as TableLock['mode']) }),
      ),
      new Set(),
    );
    expect(scheduler.next()?.id).toBe('shared 0');
    expect(scheduler.next()?.id).toBe('shared 1');
    expect(scheduler.next()).toBeNull();
  });

  test('the next unit is the largest of those that became free, in whatever order', () => {
    const free = [3, 1, 2, 5, 4].map((weightBytes) =>
      unit(`${weightBytes}`, { weightBytes, after: [`for ${weightBytes}`] }),
    );
    const first = free.map(({ id }) => unit(`for ${id}`, { weightBytes: 9 }));
    const scheduler = new Scheduler([...free, ...first], new Set());
    for (const one of first) expect(scheduler.next()).toBe(one);
    for (const one of first) scheduler.finish(one);
    expect(free.map(() => scheduler.next()?.id)).toEqual(['5', '4', '3', '2', '1']);
  });

  test('the next unit is found at once in a chain of a hundred thousand units', () => {
    const others = Array.from({ length: 100_000 }, (_, at) => unit(`o${at}`, { weightBytes: at }));
    const chain = others.map((_, at) =>
      unit(`c${at}`, { weightBytes: at * 2, after: at === 0 ? others.map(({ id }) => id) : [`c${at - 1}`] }),
    );
    const scheduler = new Scheduler([...others, ...chain], new Set());
    let last = '';
    for (let next = scheduler.next(); next !== null; next = scheduler.next()) {
      scheduler.finish(next);
      last = next.id;
    }
    expect([last, scheduler.isEmpty]).toEqual(['c99999', true]);
  });

  test('the next unit is none whose temporary files have no room beside those of the units at work', () => {
    const units = [60, 50, 40, 30].map((tempBytes) => unit(`${tempBytes}`, { weightBytes: tempBytes, tempBytes }));
    const scheduler = new Scheduler([...units, unit('none')], new Set(), 100);
    expect([1, 2, 3].map(() => scheduler.next()?.id)).toEqual(['60', '40', 'none']);
    expect(scheduler.next()).toBeNull();
    for (const done of units.slice(0, 1)) scheduler.finish(done);
    expect(scheduler.next()?.id).toBe('50');
    expect(scheduler.next()).toBeNull();
  });

  test('the next unit may write more temporary files than fit, when it writes them alone', () => {
    const large = unit('large', { weightBytes: 2, tempBytes: 500 });
    const scheduler = new Scheduler([large, unit('small', { tempBytes: 1 })], new Set(), 100);
    expect(scheduler.next()?.id).toBe('large');
    expect(scheduler.next()).toBeNull();
    scheduler.finish(large);
    expect(scheduler.next()?.id).toBe('small');
  });

  test('the next unit is always the first that may start, whoever waited for which table before', () => {
    let state = 7;
    const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    const units = Array.from({ length: 400 }, (_, at) =>
      unit(`u${at}`, {
        weightBytes: random(50),
        locks: [...new Set([random(6), random(6)])].map((table) => ({
          table,
          mode: random(3) === 0 ? 'exclusive' : 'shared',
        })),
      }),
    );
    const scheduler = new Scheduler(units, new Set());
    const waiting = units.toSorted((a, b) => b.weightBytes - a.weightBytes);
    const running: Unit[] = [];
    while (waiting.length + running.length > 0) {
      const isBusy = running.length > 0 && (running.length === 4 || random(2) === 0);
      if (isBusy) for (const done of running.splice(random(running.length), 1)) scheduler.finish(done);
      const first = waiting.find((one) => !running.some((other) => exclude(one, other)));
      const next = scheduler.next();
      expect(next?.id).toBe(first?.id);
      if (next === null) continue;
      waiting.splice(waiting.indexOf(next), 1);
      running.push(next);
    }
    expect(scheduler.isEmpty).toBe(true);
  });

  test('the next unit is not held up by one that is not wanted and needs the same table', () => {
    const [first, second, third] = ['a', 'b', 'c'].map((id) => unit(id, { locks: lock(1, 'exclusive') }));
    const scheduler = new Scheduler(
      [first, second, third].flatMap((one) => one ?? []),
      new Set(),
    );
    expect(scheduler.next()?.id).toBe('a');
    expect(scheduler.next()).toBeNull();
    if (first !== undefined) scheduler.finish(first);
    expect(scheduler.next(({ id }) => id !== 'b')?.id).toBe('c');
    if (third !== undefined) scheduler.finish(third);
    expect(scheduler.next()).toBe(second);
  });

  test('the next unit is waited for as long as another is at work', () => {
    const a = unit('a');
    const scheduler = new Scheduler([a, unit('b', { after: ['a'] })], new Set());
    expect(scheduler.isIdle).toBe(true);
    scheduler.next();
    expect(scheduler.isIdle).toBe(false);
    scheduler.finish(a);
    expect(scheduler.isIdle).toBe(true);
  });
});
