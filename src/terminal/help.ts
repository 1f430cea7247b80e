import { Help } from 'commander';
import { shown, type Text } from '../foundation/text.js';
import type { InputDefinition } from '../inputs/input-definition.js';
import { INPUTS } from '../inputs/input-table.js';
import { listed } from '../inputs/scalars.js';
import { GENERAL, MODE_TOPICS, TOPICS, type Topic } from './help-topics.js';
import { asOption, usageError } from './wording.js';

/** Columns of a page, and where the explanations begin. */
const WIDTH = 80;
const COLUMN = 36;

/** A page of the help, which fits a screen. Throws INPUT for a topic that there is none of. */
export function helpText(topicName: string | null): string {
  if (topicName === null) return page(overview());
  const topic = TOPICS.find(({ name }) => name === topicName);
  if (topic !== undefined) return page(topicLines(topic));
  throw usageError(`there is no help on \`${topicName}\``, `There is on ${listed(TOPICS.map(({ name }) => name))}.`);
}

function page(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function overview(): string[] {
  const further = TOPICS.filter((topic) => !MODE_TOPICS.includes(topic));
  return [
    'phaselift MODE [OPTIONS]',
    'Backs one PostgreSQL database up to S3 or a directory, restores it in phases.',
    '',
    'Modes (--help MODE has the options of each)',
    ...MODE_TOPICS.map(({ name, about }) => row(`--${name}`, about, 16)),
    '',
    'Options of every mode (else the variable in brackets)',
    ...GENERAL.map((input) => row(`${nameOf(input)} [${input.env.join(', ')}]`, aboutGeneral(input), 40)),
    row('--json', 'The result as a line of JSON on stdout.', 40),
    row('-V, --version', 'The version.', 40),
    row('-h, --help TOPIC', 'A mode, or one of these:', 40),
    ...further.map(({ name, about }) => row(`  --help ${name}`, about, 24)),
    '',
    'Values: --NAME VALUE or --NAME=VALUE; yes, no: --NAME, --no-NAME, --NAME false.',
    'What is not given comes from the variable, then from the default. Passwords and',
    'keys belong into variables: others can see the arguments of a program.',
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.',
  ];
}

function row(name: string, about: string, column = COLUMN): string {
  return `  ${name.padEnd(column - 2)}${about}`;
}

/** What is a little different, or more, than in a workflow. */
const HERE: Readonly<Record<string, string>> = {
  force: 'Ask nothing; overwrite a backup.',
  'show-progress': 'Show bars, or lines, of progress.',
  quiet: 'Only warnings, errors and the result.',
};

function aboutGeneral({ name, about }: InputDefinition<unknown>): string {
  return HERE[name] ?? plainText(about);
}

function topicLines({ name, about, lines, inputs }: Topic): string[] {
  const isMode = MODE_TOPICS.some((topic) => topic.name === name);
  return [
    `${isMode ? '--' : ''}${name}: ${about}`,
    '',
    ...lines.map((line) => (line === '' ? '' : `  ${line}`)),
    '',
    ...inputs.flatMap(optionLines),
    ...(isMode ? ['', 'See also --help s3, --help directory, --help connection, --help tools.'] : []),
  ];
}

/** `--s3-bucket BUCKET [S3_BUCKET; required …]`, and what it is for beside it, or below where that is too long. */
function optionLines(input: InputDefinition<unknown>): string[] {
  const origin = [variablesOf(input), fallbackOf(input)].filter((text) => text !== '').join('; ');
  const head = `${nameOf(input)}${origin === '' ? '' : ` [${origin}]`}`;
  const about = plainText(input.about);
  const oneLine = row(head, about);
  if (head.length < COLUMN - 2 && oneLine.length <= WIDTH) return [oneLine];
  return [...wrapped(head, 2, 4), ...wrapped(about, 6, 6)];
}

function nameOf(input: InputDefinition<unknown>): string {
  if (input.kind !== 'flag' || input === INPUTS.verify) return `--${input.name} ${placeholder(input)}`;
  // Only of what is on unless somebody says no is the negation worth a word.
  return input.fallback.value === false ? `--${input.name}` : `--[no-]${input.name}`;
}

function placeholder(input: InputDefinition<unknown>): string {
  if (input === INPUTS.verify) return 'LEVEL';
  if (input.group === 'prune') return 'N';
  return (input.name.split('-').at(-1) ?? '').toUpperCase();
}

function variablesOf({ env, parse, parseEnv }: InputDefinition<unknown>): string {
  return `${env.join(', ')}${parse === parseEnv ? '' : ' (inverse)'}`;
}

function fallbackOf({ fallback }: InputDefinition<unknown>): string {
  const text = plainText(fallback.text);
  if (text === '' || text === 'false') return '';
  return text.startsWith('required') ? text : `default ${text}`;
}

/** Markdown as plain text, in the words of the command line. */
function plainText(text: Text): string {
  return shown(text, asOption).replaceAll('`', '');
}

/** Broken into lines of the page's width. */
function wrapped(text: string, firstIndent: number, indent: number): string[] {
  const broken = new Help().boxWrap(text, WIDTH - indent).split('\n');
  return broken.map((line, at) => `${' '.repeat(at === 0 ? firstIndent : indent)}${line}`);
}
