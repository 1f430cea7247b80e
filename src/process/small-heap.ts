import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's space for young objects as small as it begins. What streams by makes it grow to its limit, and its pages then stay: that
 * took 70 MB of a restore by four workers, and saved no time (docs/benchmarks.md). Call it first of all: nothing has grown yet.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
