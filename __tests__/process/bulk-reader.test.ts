import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { forEachChunk, LateReading, readInBulk } from '../../src/process/bulk-reader.js';
import { startProcess, type RunningProcess } from '../../src/process/running-process.js';

/** Numbered lines: a byte that is lost, doubled or in another place shows. */
const LINES = 200_000;
const WRITER = `i=0; while [ $i -lt 20 ]; do seq $((i * 10000 + 1)) $((i * 10000 + 10000)); i=$((i + 1)); done`;
const EXPECTED = Array.from({ length: LINES }, (_, i) => `${i + 1}\n`).join('');

function run(script: string): RunningProcess {
  return startProcess('sh', ['-c', script], { env: { PATH: process.env['PATH'] ?? '' }, input: 'none' });
}

/** The same output as a stream without a handle, as a process that was not started has. */
function withoutHandle({ stdout }: RunningProcess): Readable {
  return stdout.pipe(new PassThrough());
}

const WAYS: [string, (running: RunningProcess) => Readable][] = [
  ['a process', ({ stdout }) => stdout],
  ['a stream without a handle', withoutHandle],
];

describe.each(WAYS)('reading %s in bulk', (_name, outputOf) => {
  test.each([1, 100, 65_536, 1_000_000])('every byte arrives once, in rooms of %i bytes', async (size) => {
    const running = run(size === 1 ? 'seq 1 2000' : WRITER);
    const parts: string[] = [];
    let room = Buffer.alloc(0);
    const reading = readInBulk(outputOf(running), {
      room: () => (room = Buffer.alloc(size)),
      take(length) {
        parts.push(room.toString('latin1', 0, length));
        return true;
      },
    });
    await reading.ended;
    expect(await running.exited).toMatchObject({ code: 0 });
    const text = parts.join('');
    expect(text === EXPECTED || text === EXPECTED.slice(0, text.length)).toBe(true);
    expect(text.split('\n')).toHaveLength(size === 1 ? 2001 : LINES + 1);
  });

  test('a pause holds the writer back, and what follows fills the room that was asked for before it', async () => {
    const running = run(WRITER);
    const parts: string[] = [];
    let room = Buffer.alloc(0);
    let paused = false;
    const reading = readInBulk(outputOf(running), {
      room: () => (room = Buffer.alloc(10_000)),
      take(length) {
        expect(paused).toBe(false);
        parts.push(room.toString('latin1', 0, length));
        paused = parts.length % 10 === 0;
        if (paused) {
          setTimeout(() => {
            paused = false;
            reading.resume();
          }, 2);
        }
        return !paused;
      },
    });
    await reading.ended;
    expect(parts.join('') === EXPECTED).toBe(true);
  });

  test('what the target throws ends the reading, and the process with it', async () => {
    const running = run('yes');
    const reading = readInBulk(outputOf(running), {
      room: () => Buffer.alloc(100),
      take() {
        throw new Error('enough');
      },
    });
    await expect(reading.ended).rejects.toThrow('enough');
    await running.stop();
    expect((await running.exited).code).not.toBe(0);
  });

  test.each([true, false])('a process that is stopped ends the reading (while it is paused: %s)', async (isPaused) => {
    const running = run('echo ready; exec sleep 600');
    const first = Promise.withResolvers<undefined>();
    const reading = readInBulk(outputOf(running), {
      room: () => Buffer.alloc(100),
      take() {
        first.resolve(undefined);
        return !isPaused;
      },
    });
    await first.promise;
    await running.stop();
    if (outputOf !== withoutHandle) await reading.ended;
    expect(await running.exited).toMatchObject({ signal: 'SIGTERM' });
  });

  test('the exit of a process is told though its output was paused for long', async () => {
    const running = run('seq 1 1000; exit 7');
    let length = 0;
    const reading = readInBulk(outputOf(running), {
      room: () => Buffer.alloc(100),
      take(more) {
        length += more;
        void sleep(1).then(() => {
          reading.resume();
        });
        return false;
      },
    });
    await reading.ended;
    expect(length).toBe(3893);
    expect(await running.exited).toMatchObject({ code: 7 });
  });
});

describe.each(WAYS)('reading %s late', (_name, outputOf) => {
  test.each(['seq 1 2000', WRITER])('what was written before anybody read comes all the same: %s', async (script) => {
    const running = run(script);
    const late = new LateReading(outputOf(running));
    // Long enough to write 10 KB and to end.
    await sleep(300);
    let text = '';
    await late.forEachChunk((chunk) => {
      text += chunk.toString('latin1');
      return text.length % 3 === 0 ? sleep(1) : null;
    });
    expect(text === EXPECTED.slice(0, text.length)).toBe(true);
    expect(text.split('\n')).toHaveLength(script === WRITER ? LINES + 1 : 2001);
    expect(await running.exited).toMatchObject({ code: 0 });
  });

  test('a process whose output nobody reads in the end can be stopped', async () => {
    const running = run(WRITER);
    new LateReading(outputOf(running));
    await sleep(100);
    await running.stop();
    await running.exited;
  });
});

test('chunks come one after the other, each once the one before has been worked on', async () => {
  const running = run(WRITER);
  let atWork = 0;
  let text = '';
  await forEachChunk(running.stdout, (chunk) => {
    expect(++atWork).toBe(1);
    text += chunk.toString('latin1');
    if (text.length % 2 === 0) {
      atWork--;
      return null;
    }
    return sleep(1).then(() => {
      atWork--;
    });
  });
  expect(text === EXPECTED).toBe(true);
  expect(await running.exited).toMatchObject({ code: 0 });
});

test('work on a chunk that fails ends the reading with its error', async () => {
  const running = run('yes');
  const failing = forEachChunk(running.stdout, () => Promise.reject(new Error('no room')));
  await expect(failing).rejects.toThrow('no room');
  await running.stop();
});

test('a process that could not be started has nothing to read', async () => {
  const running = startProcess('/nowhere/at/all', [], { env: {}, input: 'none' });
  await forEachChunk(running.stdout, () => null);
  expect(await running.exited).toMatchObject({ code: 127 });
});
