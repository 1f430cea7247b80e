#!/usr/bin/env node
import { cli } from './cli.js';
import { keepHeapSmall } from './process/small-heap.js';
import { widenThreadPool } from './process/thread-pool.js';

/** All is said and stopped when the command is done; what keeps Node.js alive after that is a defect, but must not hang a shell. */
const LEAK_LIMIT_MS = 10_000;

/** The oldest minor release, by its major one, that has all that is used here: `styleText`, `AbortSignal.any`. */
const OLDEST_NODE: Readonly<Record<number, number>> = { 20: 12, 21: 7 };

keepHeapSmall();
widenThreadPool();

/** Entry of the command line. Whatever escapes is a defect, and is said so, without its text, which nothing has masked. */
start().then(
  (exitCode) => {
    process.exitCode = exitCode;
    setTimeout(() => process.exit(), LEAK_LIMIT_MS).unref();
  },
  (error: unknown) => {
    say(`phaselift broke down (${error instanceof Error ? error.name : typeof error})`);
    process.exitCode = 1;
  },
);

function start(): Promise<number> {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  if (major > 21 || minor >= (OLDEST_NODE[major] ?? Infinity)) return cli(process.argv.slice(2), process.env);
  say(`phaselift needs Node.js 20.12 or newer (of 21: 21.7), and this is ${node}`);
  return Promise.resolve(1);
}

/** Not by the console, which is not ours alone. */
function say(fault: string): void {
  process.stderr.write(`error: ${fault}\n`);
}
