/** What the fuzzer loads: one target, by the name in PHASELIFT_FUZZ_TARGET. */
import { boundBuffers } from './bounded-memory.js';
import { finding, type FuzzTarget } from './fuzz-target.js';
import { TARGETS } from './targets.js';

const name = process.env['PHASELIFT_FUZZ_TARGET'] ?? '';
const target = Object.entries<FuzzTarget>(TARGETS).find(([known]) => known === name)?.[1];
if (target === undefined) throw new Error(`no target ${name}`);
const reading = boundBuffers();
/** More than this for an input of a few kilobytes is a hang that an attacker can have longer. */
const MOST_MS = 5_000;

/** Called by Jazzer.js for each input. */
export function fuzz(data: Buffer): Promise<void> | void {
  const bytes = Buffer.from(data);
  const startedAt = performance.now();
  reading(bytes.length);
  const end = (): void => {
    reading(0);
    if (performance.now() - startedAt > MOST_MS) finding(`more than ${MOST_MS} ms`);
  };
  const reads = target?.run(bytes);
  if (reads === undefined) {
    end();
    return;
  }
  return reads.then(end);
}
