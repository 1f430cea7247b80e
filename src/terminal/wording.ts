/** The words of the command line, where a workflow has others. */
import { PhaseliftError } from '../foundation/errors.js';
import type { Mention, Wording } from '../foundation/text.js';
import type { GivenInputs } from '../inputs/given-inputs.js';
import { ALL_INPUTS } from '../inputs/input-table.js';
import { MODES } from '../inputs/settings.js';

const MODE_WORDS: ReadonlySet<string> = new Set(MODES);

/** The next step of somebody whose command line cannot be meant. */
export const SEE_HELP = '`phaselift --help` lists modes and options.';

/** A mention of an input as the option that it is here: `mode: restore` is `--restore`, `force: true` is `--force`. */
export function asOption({ input, value, style }: Mention): string {
  const isMode = input === 'mode' && value !== null && MODE_WORDS.has(value);
  const option = isMode ? `--${value}` : value === null || value === 'true' ? `--${input}` : `--${input} ${value}`;
  return style === 'plain' ? option : `\`${option}\``;
}

/**
 * The words for this run: an input that a variable of the environment has set is called by that variable, a secret always is, as
 * others can see arguments; all else is an option.
 */
export function wordingOf(given: GivenInputs): Wording {
  return (mention) => {
    const { input, value, style } = mention;
    const isName = value === null && style !== 'introduced';
    const variable = isName ? variableOf(input, given) : undefined;
    if (variable === undefined) return asOption(mention);
    return style === 'plain' ? variable : `\`${variable}\``;
  };
}

function variableOf(name: string, given: GivenInputs): string | undefined {
  const definition = ALL_INPUTS.find((input) => input.name === name);
  if (definition === undefined || given.get(name).trim() !== '') return undefined;
  const set = definition.env.find((variable) => (given.env[variable] ?? '').trim() !== '');
  return set ?? (definition.secret ? definition.env[0] : undefined);
}

/** A command line that cannot be meant: exit code 2. */
export function usageError(message: string, hint = SEE_HELP): PhaseliftError {
  return new PhaseliftError('INPUT', message, { hint });
}
