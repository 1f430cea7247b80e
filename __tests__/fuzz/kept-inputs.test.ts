import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PhaseliftError } from '../../src/foundation/errors.js';
import { boundBuffers } from '../../testbed/fuzz/bounded-memory.js';
import { expectSame, outcomeOf } from '../../testbed/fuzz/outcome.js';
import { seedsOf } from '../../testbed/fuzz/seeds.js';
import { TARGETS, type TargetName } from '../../testbed/fuzz/targets.js';
import { unlessEndless } from '../helpers/unless-endless.js';

const NAMES = Object.keys(TARGETS) as TargetName[];
const FOUND = join(import.meta.dirname, '..', 'fixtures', 'fuzz');

describe.each(NAMES)('the target %s', (name) => {
  test(`the target ${name} takes all that the fuzzer begins with, cut anywhere`, async () => {
    for (const seed of seedsOf(name)) {
      for (const part of [1, 0.9, 0.5, 0.1]) await TARGETS[name].run(seed.subarray(0, Math.floor(part * seed.length)));
    }
  });
});

const kept = NAMES.flatMap((name) => {
  const folder = join(FOUND, name);
  const files = readdirSync(FOUND).includes(name) ? readdirSync(folder) : [];
  return files.map((file) => [`${name}/${file}`, name, readFileSync(join(folder, file))] as const);
});

test.each(kept)('what was found once is read, or refused as documented: %s', async (_, name, bytes) => {
  await unlessEndless(() => TARGETS[name].run(bytes));
});

describe('a finding', () => {
  test('a finding is an error of another kind, or with a code that does not belong there', () => {
    const fail = (error: Error) => () =>
      outcomeOf(['INPUT'], () => {
        throw error;
      });
    expect(fail(new PhaseliftError('INPUT', 'no'))()).toEqual({ refusal: 'INPUT: no' });
    expect(fail(new TypeError('undefined'))).toThrow(TypeError);
    expect(fail(new PhaseliftError('INTERNAL', 'no'))).toThrow(/finding: the code INTERNAL/);
    expect(fail(new PhaseliftError('INPUT', ' '))).toThrow(/says nothing/);
  });

  test('a finding is another result of the same bytes', () => {
    expect(() => {
      expectSame({ value: [1] }, { value: [2] }, 'two ways');
    }).toThrow(/finding: two ways/);
  });

  test('a finding is a buffer that the input does not account for', () => {
    const names = ['alloc', 'allocUnsafe', 'allocUnsafeSlow'];
    const before = Object.fromEntries(names.map((name) => [name, Reflect.get(Buffer, name) as unknown]));
    const reading = boundBuffers();
    try {
      reading(10);
      expect(() => Buffer.alloc(64 * 1024 * 1024)).toThrow(/finding: a buffer of 67108864 bytes/);
      expect(Buffer.allocUnsafe(1000)).toHaveLength(1000);
    } finally {
      Object.assign(Buffer, before);
    }
  });
});
