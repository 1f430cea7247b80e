import type { FuzzTarget } from './fuzz-target.js';
import { archive } from './targets/archive.js';
import { config } from './targets/config.js';
import { inputs } from './targets/inputs.js';
import { manifest } from './targets/manifest.js';

/** By the names that `npm run fuzz` takes. */
export const TARGETS = { archive, manifest, config, inputs } as const satisfies Readonly<Record<string, FuzzTarget>>;

export type TargetName = keyof typeof TARGETS;
