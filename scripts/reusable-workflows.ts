/** What of the reusable workflows is made of the tables of inputs and outputs: they pass them on to the action. Pure. */
import type { InputDefinition } from '../src/inputs/input-definition.js';
import { ALL_INPUTS } from '../src/inputs/input-table.js';
import { OUTPUT_NAMES, type OutputName } from '../src/report/outputs.js';
import { aboutOf, fallbackOf, fallbackSentence, sentences } from './input-words.js';
import { furtherJobs, lastOutput } from './job-chain.js';
import { inYaml, yamlText } from './markers.js';
import { OUTPUT_DESCRIPTIONS } from './output-descriptions.js';

type Input = InputDefinition<unknown>;

/** Where a called workflow differs from the action. */
export interface Difference {
  /** In place of all that the table says. */
  description?: string;
  /** In place of the table's; null: the input has no default here, and an empty one leaves it to the action. */
  default?: string | number | boolean | null;
}

/** What of a called workflow its lines about inputs go by. */
export type Differing = Pick<CalledWorkflow, 'differences'>;

interface CalledWorkflow {
  mode: 'backup' | 'restore';
  /** Its jobs: the one in the file, which is called like the mode, and those that go on where that one did not finish. */
  jobs: readonly string[];
  /** Inputs of the mode that it has not: the job decides them, or they say nothing about S3. */
  without: readonly string[];
  differences: Readonly<Record<string, Difference>>;
  withoutOutputs: readonly OutputName[];
}

/** The job has a service container with the tools, and no directory that would outlive it. */
const DECIDED_BY_JOB = ['mode', 'local-directory', 'pg-container', 'pg-client', 'container-runtime'];
/** Used by the job itself, for the service container. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set(['pg-image']);

/** Of all called workflows. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  // A URL may name the port: a default would contradict it.
  'source-port': { description: 'Its port. Without it `5432`, or that of the URL.', default: null },
  'target-port': { description: 'Its port. Without it `5432`, or that of the URL.', default: null },
  'ssl-root-cert': {
    description: 'Certificates of the authority that the server is checked against, as PEM text, or `system`.',
  },
  's3-bucket': { description: 'Bucket of the backups. Not needed with `s3-uri`.' },
  'aws-role': {
    description:
      "Role (its ARN) to take by the job's OIDC token instead of keys, anew while the run lasts. The calling job needs the permission `id-token: write`.",
  },
  'pg-options': { default: null },
};

/** Of modes that look at many databases. */
const OUTPUTS_OF_MANY: CalledWorkflow['withoutOutputs'] = [
  'backups',
  'contents',
  'matrix',
  'due-count',
  'status',
  'roles',
  'drill',
];

/** The two workflows, by their mode. */
export const CALLED_WORKFLOWS: readonly CalledWorkflow[] = [
  {
    mode: 'backup',
    jobs: ['backup'],
    // Their jobs check nothing out: a file of rules would not be there.
    without: [...DECIDED_BY_JOB, 'dump-jobs', 'config'],
    differences: {
      ...DIFFERENCES,
      database: { description: 'The database to back up.' },
      'backup-name': { description: 'Name of the backup. Default: UTC `YYYYMMDD-HHMMSS`.' },
      'pg-image': {
        description: 'Image with the PostgreSQL tools, at least as new as your server.',
        default: 'postgres:16',
      },
    },
    withoutOutputs: ['resumed', 'finished', ...OUTPUTS_OF_MANY],
  },
  {
    mode: 'restore',
    jobs: ['restore', 'restore-2', 'restore-3', 'restore-4'],
    // Of uploads only, and of what is checked out.
    without: [...DECIDED_BY_JOB, 's3-chunk-size', 'config'],
    differences: {
      ...DIFFERENCES,
      database: { description: 'The database that the backup was taken of.' },
      'backup-name': {
        description: 'Name of the backup, or `latest` for the newest complete one. Required unless `s3-uri`.',
      },
      'pg-image': {
        description: 'Image with the PostgreSQL tools, at least as new as those that made the backup.',
        default: 'postgres:16',
      },
      'time-limit': {
        description:
          'How long each of its four jobs may take, as `5h30m`, `10s` at least: one that is not done stops cleanly before that, and the next one goes on.',
        default: '5h30m',
      },
    },
    withoutOutputs: OUTPUTS_OF_MANY,
  },
];

/** The workflow's file with the parts between its markers made anew. */
export function updatedWorkflow(text: string, workflow: CalledWorkflow): string {
  const { mode, jobs, without, withoutOutputs } = workflow;
  const inputs = ALL_INPUTS.filter(({ name, modes }) => modes.includes(mode) && !without.includes(name));
  const outputs = OUTPUT_NAMES.filter((name) => !withoutOutputs.includes(name));
  const parts: readonly [name: string, lines: readonly string[]][] = [
    ['inputs', inputs.filter(({ secret }) => !secret).flatMap((input) => declared(input, workflow))],
    ['secrets', inputs.filter(({ secret }) => secret).flatMap((input) => declaredSecret(input, workflow))],
    [
      'outputs',
      outputs.flatMap((name) => [
        `${name}:`,
        `  description: ${yamlText(OUTPUT_DESCRIPTIONS[name])}`,
        `  value: ${lastOutput(jobs, name)}`,
      ]),
    ],
    ['job-outputs', outputs.map((name) => `${name}: \${{ steps.${mode}.outputs.${name} }}`)],
    ['with', inputs.filter(({ name }) => !NOT_PASSED_ON.has(name)).map((input) => passedOn(input, workflow))],
  ];
  const made = parts.reduce((before, [name, lines]) => inYaml(before, name, lines.join('\n')), text);
  return jobs.length === 1 ? made : inYaml(made, 'further-jobs', furtherJobs(made, jobs).join('\n'));
}

/** The lines that declare an input of a called workflow. */
export function declared(input: Input, workflow: Differing): string[] {
  const preset = defaultOf(input, workflow);
  return [
    `${input.name}:`,
    `  description: ${yamlText(describe(input, workflow))}`,
    `  type: ${typeOf(input)}`,
    ...(fallbackOf(input) === 'required' ? ['  required: true'] : []),
    ...(preset === null ? [] : [`  default: ${typeof preset === 'string' ? yamlText(preset) : String(preset)}`]),
  ];
}

/** The lines that declare a secret. */
export function declaredSecret(input: Input, workflow: Differing): string[] {
  return [`${input.name}:`, `  description: ${yamlText(describe(input, workflow))}`];
}

function describe(input: Input, workflow: Differing): string {
  const own = workflow.differences[input.name]?.description;
  if (own !== undefined) return own;
  // GitHub shows a default itself, and that an input is required.
  const isSaid = fallbackOf(input) === 'required' || defaultOf(input, workflow) !== null;
  return sentences(aboutOf(input), isSaid ? '' : fallbackSentence(input));
}

/** The type that GitHub has for it. A flag that may also be left open, or has a third word, is a text there. */
function typeOf({ kind, fallback }: Input): 'boolean' | 'number' | 'string' {
  if (kind === 'number') return 'number';
  return kind === 'flag' && typeof fallback.value === 'boolean' ? 'boolean' : 'string';
}

/** null: nothing is preset. */
function defaultOf(input: Input, { differences }: Differing): string | number | boolean | null {
  const own = differences[input.name]?.default;
  if (own !== undefined) return own;
  const { written } = input.fallback;
  if (written === null) return null;
  switch (typeOf(input)) {
    case 'boolean':
      return written === 'true';
    case 'number':
      return Number(written);
    case 'string':
      return written;
  }
}

/** The line that hands an input, or a secret, on to the action. */
export function passedOn(input: Input, workflow: Differing): string {
  const { name, secret } = input;
  if (secret) return `${name}: \${{ secrets.${name} }}`;
  // A number that nobody gave is 0, which is not the same as nothing.
  const orNothing = typeOf(input) === 'number' && defaultOf(input, workflow) === null ? " || ''" : '';
  return `${name}: \${{ inputs.${name}${orNothing} }}`;
}
