#!/usr/bin/env node
import { cli } from './cli.js';

/** All is said and stopped when the command is done; what keeps Node.js alive after that is a defect, but must not hang a shell. */
const LEAK_LIMIT_MS = 10_000;

const OLDEST_NODE = 20;

/** Entry of the command line. Whatever escapes is a defect, and is said so, without its text, which nothing has masked. */
start().then(
  (exitCode) => {
    process.exitCode = exitCode;
    setTimeout(() => process.exit(), LEAK_LIMIT_MS).unref();
  },
  (error: unknown) => {
    console.error(`error: phaselift broke down (${error instanceof Error ? error.name : typeof error})`);
    process.exitCode = 1;
  },
);

function start(): Promise<number> {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= OLDEST_NODE) return cli(process.argv.slice(2), process.env);
  console.error(`error: phaselift needs Node.js ${OLDEST_NODE} or newer, and this is ${node}`);
  return Promise.resolve(1);
}
