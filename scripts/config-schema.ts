/** The JSON schema of `phaselift.yml`, for editors: what is said wrong is found by readConfig, with its place. */
import { CONFIG_INPUTS, DEFAULT_KEYS, RULE_KEYS } from '../src/inputs/config/config-keys.js';
import type { InputDefinition } from '../src/inputs/input-definition.js';
import { aboutOf, fallbackSentence, sentences } from './input-words.js';

type Schema = Record<string, unknown>;
type RuleKey = (typeof RULE_KEYS)[number];

const LENGTH_OF_TIME = '(?=[0-9])([0-9]{1,4}d)?([0-9]{1,4}h)?([0-9]{1,6}m)?([0-9]{1,8}s)?';
const DURATION: Schema = { type: 'string', pattern: `^${LENGTH_OF_TIME}$` };
/** A text, or several. */
const TEXTS: Schema = {
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
  ],
};

/** The keys of the file's own. */
const RULE_SCHEMAS: Readonly<Record<RuleKey, Schema>> = {
  match: {
    ...TEXTS,
    description:
      'Names of databases, or patterns: `*` is any text, `?` any character. The first rule that a database matches counts.',
  },
  exclude: { ...TEXTS, description: 'Names or patterns of databases that the rule is not for, though they match.' },
  every: {
    type: 'string',
    // Five fields: which of them can be is for the reader of cron lines.
    pattern: `^(${LENGTH_OF_TIME}|\\s*\\S+(\\s+\\S+){4}\\s*)$`,
    description:
      'How often a database is backed up: a length of time (`6h`, `1d`), or a cron line of five fields. Default: `24h`.',
  },
  timezone: {
    type: 'string',
    minLength: 1,
    description: 'Time zone of the cron line, as `Europe/Berlin`. Default: `UTC`.',
  },
  'drill-every': { ...DURATION, description: 'How often a restore on trial is due (`30d`). Default: never.' },
};

/** The schema, as docs/phaselift.schema.json has it. */
export function configJsonSchema(): Schema {
  const inputs = Object.fromEntries(CONFIG_INPUTS.map((input) => [input.name, inputSchema(input)]));
  const keys = (names: readonly RuleKey[]): Schema =>
    Object.fromEntries(names.map((name) => [name, RULE_SCHEMAS[name]]));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Rules of Phaselift for databases: phaselift.yml',
    type: 'object',
    required: ['databases'],
    additionalProperties: false,
    properties: {
      defaults: {
        type: 'object',
        description: 'What holds where a rule does not say otherwise.',
        additionalProperties: false,
        properties: { ...keys(DEFAULT_KEYS), ...inputs },
      },
      databases: {
        type: 'array',
        minItems: 1,
        description:
          'Rules: the first that a database matches counts; what none matches is reported, and not backed up.',
        items: {
          type: 'object',
          required: ['match'],
          additionalProperties: false,
          properties: { ...keys(RULE_KEYS), ...inputs },
        },
      },
    },
  };
}

function inputSchema(input: InputDefinition<unknown>): Schema {
  // What is required may as well come from whoever starts the run.
  const fallback = fallbackSentence(input);
  return { ...typeOf(input), description: sentences(aboutOf(input), fallback.startsWith('Required') ? '' : fallback) };
}

/** YAML reads `4` as a number, and what is written as one counts as it was written. */
function typeOf({ name, kind, parse }: InputDefinition<unknown>): Schema {
  if (name === 'max-age') return DURATION;
  if (kind === 'lines') return TEXTS;
  if (kind === 'flag') return { type: ['boolean', 'string'] };
  if (kind === 'text') return { type: ['string', 'number'] };
  return { type: ['integer', 'string'], pattern: 'value' in parse('auto') ? '^([0-9]+|auto)$' : '^[0-9]+$' };
}
