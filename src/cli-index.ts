#!/usr/bin/env node
import { cli } from './cli.js';
import { keepHeapSmall } from './process/small-heap.js';
import { widenThreadPool } from './process/thread-pool.js';

/** All is said and stopped when the command is done; what keeps Node.js alive after that is a defect, but must not hang a shell. */
const LEAK_LIMIT_MS = 10_000;

/** The oldest release that is supported: `engines` of package.json says the same. */
const OLDEST_NODE = { major: 22, minor: 12 };

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
  const isNewEnough = major > OLDEST_NODE.major || (major === OLDEST_NODE.major && minor >= OLDEST_NODE.minor);
  if (isNewEnough) return cli(process.argv.slice(2), process.env);
  say(`phaselift needs Node.js ${OLDEST_NODE.major}.${OLDEST_NODE.minor} or newer, and this is ${node}`);
  return Promise.resolve(1);
}

/** Not by the console, which is not ours alone. */
function say(fault: string): void {
  process.stderr.write(`error: ${fault}\n`);
}
