/**
 * The table of inputs: each has one row, in the file of its group. Validation, the masking of secrets, the command line and its
 * help read it; `npm run docs` makes action.yml, the tables of the README and the inputs of the reusable workflows of it. An
 * input of the interface that does nothing yet is not here: it would be accepted and ignored.
 */
import type { InputDefinition } from './input-definition.js';
import { CONNECTION_INPUTS } from './table/connection.js';
import { DUMP_INPUTS } from './table/dump.js';
import { FLEET_INPUTS } from './table/fleet.js';
import { LOAD_INPUTS } from './table/load.js';
import { PRUNE_INPUTS } from './table/prune.js';
import { RUN_INPUTS } from './table/run.js';
import { STORE_INPUTS } from './table/store.js';
import { SUBJECT_INPUTS } from './table/subject.js';
import { TOOL_INPUTS } from './table/tools.js';

/** All inputs, by the names that the code has for them. */
export const INPUTS = {
  ...SUBJECT_INPUTS,
  ...CONNECTION_INPUTS,
  ...STORE_INPUTS,
  ...TOOL_INPUTS,
  ...DUMP_INPUTS,
  ...LOAD_INPUTS,
  ...PRUNE_INPUTS,
  ...FLEET_INPUTS,
  ...RUN_INPUTS,
};

/** In the order of the documents. */
export const ALL_INPUTS: readonly InputDefinition<unknown>[] = Object.values(INPUTS);
