/** What of the README is made of other files: tables of the inputs and outputs, examples in full. Pure. */
import { SAFE_DUMP_OPTIONS } from '../src/inputs/dump-options.js';
import { ALL_INPUTS } from '../src/inputs/input-table.js';
import { OUTPUT_NAMES } from '../src/report/outputs.js';
import { aboutOf, environmentOf, fallbackOf, modesSentence, sentences } from './input-words.js';
import { inMarkdown } from './markers.js';
import { OUTPUT_DESCRIPTIONS } from './output-descriptions.js';

/** The names of the examples that the README shows, by its markers: `<!-- examples/NAME:start -->`. */
export function examplesIn(readme: string): string[] {
  return [...readme.matchAll(/<!-- examples\/([\w.-]+):start -->/g)].flatMap((match) => match[1] ?? []);
}

/** The README with what stands between its markers made anew; `examples` are texts by name. Throws when a marker is missing. */
export function updatedReadme(readme: string, examples: ReadonlyMap<string, string> = new Map()): string {
  const options = SAFE_DUMP_OPTIONS.map((option) => `\`${option}\``).join(', ');
  const shown = [...examples].map(([name, text]) => ({
    name: `examples/${name}`,
    content: `\`\`\`${name.endsWith('.sh') ? 'sh' : 'yaml'}\n${text.trimEnd()}\n\`\`\``,
  }));
  return [
    ...shown,
    { name: 'inputs', content: inputTable() },
    { name: 'outputs', content: outputTable() },
    { name: 'dump-options', content: options },
  ].reduce((text, { name, content }) => inMarkdown(text, name, content), readme);
}

function inputTable(): string {
  return table(
    ['input', 'environment', 'default', 'meaning'],
    ALL_INPUTS.map((input) => [
      `\`${input.name}\``,
      environmentOf(input),
      fallbackOf(input),
      sentences(aboutOf(input), modesSentence(input)),
    ]),
  );
}

function outputTable(): string {
  return table(
    ['output', 'meaning'],
    OUTPUT_NAMES.map((name) => [`\`${name}\``, OUTPUT_DESCRIPTIONS[name]]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
