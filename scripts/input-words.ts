/** What documents say of an input: sentences and words made of its row in the table, in the words of a workflow. */
import { inWorkflow, shown } from '../src/foundation/text.js';
import type { InputDefinition } from '../src/inputs/input-definition.js';
import { MODES } from '../src/inputs/settings.js';

type Input = InputDefinition<unknown>;

/** What it is for, in Markdown. */
export function aboutOf({ about }: Input): string {
  return shown(about, inWorkflow);
}

/** What holds when nothing is given, in Markdown; `required` and when, or empty. */
export function fallbackOf({ fallback }: Input): string {
  return shown(fallback.text, inWorkflow);
}

/** Its environment variables, in Markdown. */
export function environmentOf({ env, parse, parseEnv }: Input): string {
  const variables = env.map((variable) => `\`${variable}\``).join(', ');
  return parseEnv === parse ? variables : `${variables} (inverse)`;
}

/** `Default: ….` or `Required ….`; empty when there is nothing to say. */
export function fallbackSentence(input: Input): string {
  const text = fallbackOf(input);
  if (text === '') return '';
  return text.startsWith('required') ? `R${text.slice(1)}.` : `Default: ${text}.`;
}

/** How each description in action.yml ends: the environment variables and the default. */
export function descriptionEnd(input: Input): string {
  const environment = environmentOf(input);
  return sentences(environment === '' ? '' : `Environment: ${environment}.`, fallbackSentence(input));
}

/** Which modes use it, as a sentence; empty when all do. */
export function modesSentence({ modes }: Input): string {
  if (modes.length === MODES.length) return '';
  const names = modes.map((mode) => `\`${mode}\``);
  return `For ${[names.slice(0, -1).join(', '), names.at(-1)].filter((part) => part !== '').join(' and ')}.`;
}

/** Sentences one after the other; empty ones are left out. */
export function sentences(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
