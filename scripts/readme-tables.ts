/** What of the README is made of other files: tables of action.yml and the input definitions, examples in full. Pure. */
import { parse } from 'yaml';
import { z } from 'zod';
import type { InputDefinition } from '../src/inputs/definition.js';
import { ALL_INPUTS } from '../src/inputs/definitions.js';
import { SAFE_DUMP_OPTIONS } from '../src/inputs/dump-options.js';
import { MODES } from '../src/inputs/settings.js';

const DESCRIBED = z.record(z.string(), z.strictObject({ description: z.string(), required: z.boolean().optional() }));
const ACTION = z.object({ inputs: DESCRIBED, outputs: DESCRIBED });

/** What the scripts and tests use of action.yml. */
export type Action = z.infer<typeof ACTION>;

/** Reads action.yml. Throws on anything but `description` and `required` of an input: a `default` would mask its variable. */
export function parseAction(text: string): Action {
  return ACTION.parse(parse(text));
}

/** How each description in action.yml must end: the environment variables and the default, as the definition has them. */
export function descriptionEnd(definition: InputDefinition<unknown>): string {
  const environment = environmentOf(definition);
  const { text } = definition.fallback;
  const required = text.startsWith('required');
  return [
    environment === '' ? '' : `Environment: ${environment}.`,
    required ? `R${text.slice(1)}.` : '',
    text === '' || required ? '' : `Default: ${text}.`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** The names of the examples that the README shows, by its markers: `<!-- examples/NAME:start -->`. */
export function examplesIn(readme: string): string[] {
  return [...readme.matchAll(/<!-- examples\/([\w.-]+):start -->/g)].flatMap((match) => match[1] ?? []);
}

/** The README with what stands between its markers made anew; `examples` are texts by name. Throws when a marker is missing. */
export function updatedReadme(
  readme: string,
  action: Action,
  examples: ReadonlyMap<string, string> = new Map(),
): string {
  const options = SAFE_DUMP_OPTIONS.map((option) => `\`${option}\``).join(', ');
  const shown = [...examples].map(([name, text]) => ({
    name: `examples/${name}`,
    content: `\`\`\`${name.endsWith('.sh') ? 'sh' : 'yaml'}\n${text.trimEnd()}\n\`\`\``,
  }));
  return [
    ...shown,
    { name: 'inputs', content: inputTable(action) },
    { name: 'outputs', content: outputTable(action) },
    { name: 'dump-options', content: options },
  ].reduce((text, { name, content }) => between(text, name, content), readme);
}

function inputTable(action: Action): string {
  return table(
    ['input', 'environment', 'default', 'meaning'],
    ALL_INPUTS.map((definition) => {
      const description = action.inputs[definition.name]?.description ?? '';
      const end = descriptionEnd(definition);
      const meaning = description.endsWith(end) ? description.slice(0, description.length - end.length) : description;
      return [
        `\`${definition.name}\``,
        environmentOf(definition),
        definition.fallback.text,
        `${meaning.trim()}${modesOf(definition)}`,
      ];
    }),
  );
}

function outputTable(action: Action): string {
  return table(
    ['output', 'meaning'],
    Object.entries(action.outputs).map(([name, { description }]) => [`\`${name}\``, description]),
  );
}

function environmentOf(definition: InputDefinition<unknown>): string {
  const variables = definition.env.map((variable) => `\`${variable}\``).join(', ');
  return definition.parseEnv === definition.parse ? variables : `${variables} (inverse)`;
}

/** Which modes use it, where not all do. */
function modesOf(definition: InputDefinition<unknown>): string {
  if (definition.modes.length === MODES.length) return '';
  return ` For ${definition.modes.map((mode) => `\`${mode}\``).join(' and ')}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function between(text: string, name: string, content: string): string {
  const start = `<!-- ${name}:start -->`;
  const end = `<!-- ${name}:end -->`;
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`README.md needs the lines ${start} and ${end}`);
  // The line that keeps formatters from aligning the columns.
  return `${text.slice(0, from + start.length)}\n\n<!-- prettier-ignore -->\n${content}\n\n${text.slice(to)}`;
}
