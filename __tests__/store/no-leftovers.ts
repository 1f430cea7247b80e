import type { LeftoverRegistry } from '../../src/store/archive-writer.js';

/** For runs that no other process cleans up behind. */
export const NO_LEFTOVERS: LeftoverRegistry = {
  uploadStarted: () => undefined,
  manifestAhead: () => undefined,
  uploadEnded: () => undefined,
};
