/** What of fleet.yml is made of the tables of inputs and outputs: each of its steps is given those of its mode. Pure. */
import { CONFIG_INPUTS } from '../src/inputs/config/config-keys.js';
import type { InputDefinition } from '../src/inputs/input-definition.js';
import { ALL_INPUTS, INPUTS } from '../src/inputs/input-table.js';
import type { OutputName } from '../src/report/outputs.js';
import { inYaml, yamlText } from './markers.js';
import { OUTPUT_DESCRIPTIONS } from './output-descriptions.js';
import { declared, declaredSecret, DIFFERENCES, passedOn, type Difference } from './reusable-workflows.js';

type Input = InputDefinition<unknown>;

/** What an input says comes before the rules: of what rules say, only the place of all backups is asked for. */
const PLACE: readonly Input[] = [INPUTS.s3Bucket, INPUTS.s3Prefix, INPUTS.s3Region, INPUTS.s3Endpoint];
const SAID_BY_RULES: ReadonlySet<Input> = new Set(CONFIG_INPUTS.filter((input) => !PLACE.includes(input)));

// No job that makes backups gets what opens them.
const NOT_OF_STORE: readonly Input[] = [INPUTS.s3Uri, INPUTS.decryptWith];
const STORE = ofGroup('s3').filter((input) => !NOT_OF_STORE.includes(input));
const SOURCE = [...ofGroup('connection').filter(({ name }) => name.startsWith('source-')), INPUTS.sslRootCert];
const WHICH: readonly Input[] = [INPUTS.databases, INPUTS.excludeDatabases];
const LOG: readonly Input[] = [INPUTS.quiet, INPUTS.debug];

/** What the step of each part is given, but for what stands in the file. */
const STEPS: Readonly<Record<string, readonly Input[]>> = {
  find: [INPUTS.config, ...WHICH, ...SOURCE, ...STORE, ...LOG, INPUTS.summary],
  'still-due': [INPUTS.config, ...SOURCE, ...STORE, INPUTS.debug],
  backup: [
    ...[INPUTS.config, INPUTS.dryRun, ...SOURCE, ...STORE, INPUTS.skipChecks, INPUTS.showProgress],
    ...[...LOG, INPUTS.summary],
  ],
  prune: [
    ...[INPUTS.config, ...WHICH.filter(({ modes }) => modes.includes('prune')), INPUTS.dryRun, ...STORE, ...LOG],
    INPUTS.summary,
  ],
  report: [INPUTS.config, ...WHICH, ...SOURCE, ...STORE, INPUTS.decryptWith, ...LOG],
};

/** Of the workflow, each by the job that has it. */
const OUTPUTS: readonly (readonly [job: string, OutputName])[] = [
  ['find', 'matrix'],
  ['find', 'due-count'],
  ['report', 'status'],
];

const DIFFERENT: Readonly<Record<string, Difference>> = {
  ...DIFFERENCES,
  ...Object.fromEntries(CONFIG_INPUTS.map(({ name }) => [name, { default: null }])),
  's3-bucket': { description: 'Bucket of the backups; without it each rule has to name one.' },
  config: {
    description:
      'File with the rules of databases, in the repository that calls: how often each is backed up, how, what is kept.',
    default: 'phaselift.yml',
  },
  'source-url': {
    description:
      'Connection URL, `postgres://user:password@host:port`, without a database, instead of host, port, user and password; parameters of libpq (`?sslmode=require`) are passed on.',
  },
  'pg-image': {
    description: 'Image with the PostgreSQL tools, at least as new as your server.',
    default: 'postgres:16',
  },
  'dry-run': { description: 'Show what would be backed up and removed, and change nothing.' },
  summary: { description: 'Write a summary of each job too, and not only the one of all databases.', default: false },
};
const FLEET = { differences: DIFFERENT };

/** The text of fleet.yml with the parts between its markers made anew. */
export function updatedFleetWorkflow(text: string): string {
  const used = new Set([...Object.values(STEPS).flat(), INPUTS.pgImage]);
  const inputs = ALL_INPUTS.filter((input) => used.has(input));
  const parts: readonly [name: string, lines: readonly string[]][] = [
    ['inputs', inputs.filter(({ secret }) => !secret).flatMap((input) => declared(input, FLEET))],
    ['secrets', inputs.filter(({ secret }) => secret).flatMap((input) => declaredSecret(input, FLEET))],
    [
      'outputs',
      OUTPUTS.flatMap(([job, name]) => [
        `${name}:`,
        `  description: ${yamlText(OUTPUT_DESCRIPTIONS[name])}`,
        `  value: \${{ jobs.${job}.outputs.${name} }}`,
      ]),
    ],
    ...Object.entries(STEPS).map(([step, given]): [string, string[]] => [
      `with-${step}`,
      given.map((input) => passedOn(input, FLEET)),
    ]),
  ];
  return parts.reduce((before, [name, lines]) => inYaml(before, name, lines.join('\n')), text);
}

function ofGroup(group: Input['group']): Input[] {
  return ALL_INPUTS.filter((input) => input.group === group && !SAID_BY_RULES.has(input));
}
