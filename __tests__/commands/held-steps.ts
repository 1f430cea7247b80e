import { waitForLine, type ActionHandle, type ActionStep } from '../helpers/run-action.js';

/**
 * A module that is loaded before the built action: it holds the first rename or removal whose text, `rename FROM -> TO` or
 * `rm PATH`, matches, for good or until a file is there. What is held says so, and can be killed in just that moment.
 */
const HOLDER = `
import fs from 'node:fs';
const { rename, rm } = fs.promises;
const { HOLD_STEP: pattern, HOLD_UNTIL: release } = process.env;
let isHeld = false;
const hold = async (text) => {
  if (isHeld || !new RegExp(pattern).test(text)) return;
  isHeld = true;
  fs.writeSync(1, 'held before: ' + text + '\\n');
  while (!release || !fs.existsSync(release)) await new Promise((resolve) => setTimeout(resolve, 20));
};
fs.promises.rename = async (from, to) => { await hold('rename ' + from + ' -> ' + to); return rename(from, to); };
fs.promises.rm = async (path, options) => { await hold('rm ' + path); return rm(path, options); };
`;

/** A step in which the first change of the file system that matches is held; until the file `until` is there, if one is given. */
export function holding(pattern: RegExp, until = ''): Partial<ActionStep> {
  const url = `data:text/javascript,${encodeURIComponent(HOLDER)}`;
  return { env: { NODE_OPTIONS: `--import=${url}`, HOLD_STEP: pattern.source, HOLD_UNTIL: until } };
}

/** Resolves when the step is held. */
export async function held(handle: ActionHandle): Promise<void> {
  await waitForLine(handle, /^held before: /);
}
