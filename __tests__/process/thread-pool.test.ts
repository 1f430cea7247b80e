import { describe, expect, test } from '@jest/globals';
import { runProgram } from '../../testbed/run-program.js';
import { widenThreadPool } from '../../src/process/thread-pool.js';

describe('the thread pool', () => {
  test.each([
    [1, {}, undefined],
    [4, {}, undefined],
    [16, {}, '16'],
    [16, { UV_THREADPOOL_SIZE: '2' }, '2'],
  ])('the thread pool on %i cores, with %j, has the size %p', (cores, given, size) => {
    const env: NodeJS.ProcessEnv = { ...given };
    widenThreadPool(env, cores);
    expect(env['UV_THREADPOOL_SIZE']).toBe(size);
  });

  test('the thread pool has the size that a program sets before it uses it', async () => {
    const script = `
      const { readdirSync } = require('node:fs');
      const threads = () => readdirSync('/proc/self/task').length;
      process.env.UV_THREADPOOL_SIZE = '9';
      const before = threads();
      for (let i = 0; i < 20; i++) require('node:crypto').pbkdf2('a', 'b', 20000, 64, 'sha512', () => undefined);
      setTimeout(() => process.stdout.write(String(threads() - before)), 20);`;
    expect(await runProgram(process.execPath, ['-e', script])).toBe('9');
  });
});
