/** Where a rule of `phaselift.yml` stands beside inputs and environment: behind both, before the defaults. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, PhaseliftError } from '../../foundation/errors.js';
import { phrase, plain } from '../../foundation/text.js';
import { ruleFor, type FleetConfig } from '../../fleet/config.js';
import type { GivenInputs } from '../given-inputs.js';
import { givenText } from '../given-inputs.js';
import { INPUTS } from '../input-table.js';
import { quoted } from '../parser.js';
import { MODES_OF_FLEETS, MODES_OF_ONE_OR_MANY, type Mode } from '../settings.js';
import { readConfig } from './read-config.js';

/** Read where a mode needs rules and nobody names a file. */
export const USUAL_CONFIG = 'phaselift.yml';

/**
 * What was given, with what the rules say of the database that it is about. Throws INPUT for a file that cannot be read or is at fault,
 * and for a database that no rule matches: nobody has said how it is to be backed up.
 */
export async function withConfig(given: GivenInputs): Promise<GivenInputs> {
  const config = await loadConfig(given);
  if (config === null) return given;
  const database = givenText(given, INPUTS.database)?.text ?? null;
  const mode = givenText(given, INPUTS.mode)?.text ?? '';
  if (database === null || isOneOf(MODES_OF_FLEETS, mode)) return { ...given, config, rule: null };
  const rule = ruleFor(config, database);
  if (rule === null) {
    throw new PhaseliftError('INPUT', `no rule of ${config.path} matches the database ${quoted(database)}`, {
      object: config.path,
      hint: phrase`Add a rule for it, or leave ${plain('config')} out.`,
    });
  }
  return { ...given, config, rule };
}

async function loadConfig(given: GivenInputs): Promise<FleetConfig | null> {
  const named = givenText(given, INPUTS.config)?.text ?? null;
  const mode = givenText(given, INPUTS.mode)?.text ?? '';
  const isAboutMany = isOneOf(MODES_OF_FLEETS, mode) || (isOneOf(MODES_OF_ONE_OR_MANY, mode) && !namesOne(given));
  if (named === null && !isAboutMany) return null;
  const path = named ?? USUAL_CONFIG;
  let text: string;
  try {
    text = await readFile(resolve(path), 'utf8');
  } catch (error) {
    if (named === null && isMissing(error)) return null;
    throw new PhaseliftError('INPUT', phrase`cannot read ${path} (${plain('config')}): ${messageOf(error)}`, {
      object: 'config',
      hint: 'Name a file of rules; in a workflow, check out the repository first.',
      cause: error,
    });
  }
  return readConfig(path, text);
}

function isOneOf(modes: readonly Mode[], mode: string): boolean {
  return modes.some((one) => one === mode);
}

function namesOne(given: GivenInputs): boolean {
  return [INPUTS.database, INPUTS.s3Uri].some((one) => givenText(given, one) !== null);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
