import type { FleetConfig, FleetRule } from '../fleet/config.js';
import type { InputDefinition } from './input-definition.js';

/** What was given to a run: the inputs of the action, or the options of the command line, and the environment. */
export interface GivenInputs {
  /** The value as it was given, spaces included; empty when it was not given. */
  get(name: string): string;
  env: NodeJS.ProcessEnv;
  /** The next step of somebody whose inputs are wrong: where all of them are explained. */
  help: string;
  /** Rules of databases, where there are some; see withConfig. */
  config?: FleetConfig;
  /** The one for the database that the run is about; null where it is about several. */
  rule?: FleetRule | null;
}

/** Where a value came from. */
export type Origin =
  | { from: 'input' }
  | { from: 'environment'; variable: string }
  /** `place`: `phaselift.yml:4:17`. */
  | { from: 'rule'; place: string }
  | { from: 'default' };

/** A value as text, before it is understood. */
export interface GivenText {
  text: string;
  origin: Exclude<Origin, { from: 'default' }>;
}

/**
 * The inputs of a GitHub Action: the runner hands `with:` over as `INPUT_NAME`, dashes kept. Read without trimming
 * (unlike getInput of `@actions/core`), so that what is masked is what was given.
 */
export function actionInputs(env: NodeJS.ProcessEnv): GivenInputs {
  return {
    get: (name) => env[`INPUT_${name.toUpperCase()}`] ?? '',
    env,
    help: 'The tables of inputs in the README have every name, environment variable and default.',
  };
}

/** The input, else the first of its environment variables that is not empty, else what the database's rule says, else null. Blank counts as empty. */
export function givenText(given: GivenInputs, definition: InputDefinition<unknown>): GivenText | null {
  const input = tidy(given.get(definition.name), definition.secret);
  if (input !== '') return { text: input, origin: { from: 'input' } };
  for (const variable of definition.env) {
    const text = tidy(given.env[variable] ?? '', definition.secret);
    if (text !== '') return { text, origin: { from: 'environment', variable } };
  }
  const said = given.rule?.inputs.get(definition.name);
  if (said !== undefined) {
    const place = `${given.config?.path ?? ''}:${said.line}:${said.column}`;
    return { text: said.text, origin: { from: 'rule', place } };
  }
  return null;
}

/** A secret may begin or end with spaces that count, but a newline at its end comes from the way it was stored. */
function tidy(text: string, secret: boolean): string {
  const trimmed = text.trim();
  return secret && trimmed !== '' ? text.replace(/[\r\n]+$/, '') : trimmed;
}
