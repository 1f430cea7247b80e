import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { updatedFleetWorkflow } from '../../scripts/fleet-workflow.js';
import { CALLED_WORKFLOWS, updatedWorkflow } from '../../scripts/reusable-workflows.js';
import { checkWorkflow, NO_WORKFLOWS } from '../../scripts/workflow-checks.js';
import { CONFIG_INPUTS } from '../../src/inputs/config/config-keys.js';
import { readConfig } from '../../src/inputs/config/read-config.js';
import { ALL_INPUTS } from '../../src/inputs/input-table.js';
import type { Mode } from '../../src/inputs/settings.js';

const FOLDERS = ['.github/workflows', 'examples'];
const files = (
  await Promise.all(
    FOLDERS.map(async (folder) =>
      (await readdir(folder)).filter((name) => !NO_WORKFLOWS.includes(name)).map((name) => join(folder, name)),
    ),
  )
)
  .flat()
  .filter((path) => path.endsWith('.yml'));

describe('workflows and examples', () => {
  test.each(files)('the workflow or example %s is valid', async (path) => {
    expect(await checkWorkflow(path, await readFile(path, 'utf8'))).toEqual([]);
  });

  test('every example is executed by a test', async () => {
    const tests = (await readdir('__tests__/workflows')).filter((name) => name.endsWith('.itg.test.ts'));
    const text = (await Promise.all(tests.map((name) => readFile(join('__tests__/workflows', name), 'utf8')))).join('');
    const executed = new Set(
      Array.from(text.matchAll(/(?:run|succeed|start)\(\s*'([\w-]+\.yml)'/g), ([, name]) => name),
    );
    const examples = files.filter((path) => path.startsWith('examples/')).map((path) => path.slice('examples/'.length));
    expect([...executed].sort()).toEqual(examples.sort());
  });

  test.each<['backup' | 'restore', string[]]>([
    ['backup', ['dump-jobs']], // for a local directory only
    ['restore', ['s3-chunk-size']], // for uploads only
  ])('the reusable %s.yml has every input of its mode, under the same name', async (mode, without) => {
    interface Call {
      on: { workflow_call: { inputs: object; secrets: object; outputs: object } };
    }
    const { workflow_call: call } = (parse(await readFile(`.github/workflows/${mode}.yml`, 'utf8')) as Call).on;
    // What depends on the runner is the workflow's own affair.
    const own = ['mode', 'config', 'local-directory', 'pg-container', 'pg-client', 'container-runtime', ...without];
    const inputs = ALL_INPUTS.filter(({ name, modes }) => modes.includes(mode satisfies Mode) && !own.includes(name));
    const names = (secret: boolean) => inputs.filter((input) => input.secret === secret).map(({ name }) => name);
    const further = ['runs-on', 'timeout-minutes'];
    const approval = mode === 'restore' ? ['environment'] : [];
    expect(Object.keys(call.inputs).sort()).toEqual([...names(false), ...further, ...approval].sort());
    expect(Object.keys(call.secrets).sort()).toEqual(names(true).sort());
  });

  test.each(CALLED_WORKFLOWS.map(({ mode }) => mode))(
    'what the reusable %s.yml presets is of its type',
    async (mode) => {
      interface Call {
        on: { workflow_call: { inputs: Record<string, { type: string; default?: unknown }> } };
      }
      const { inputs } = (parse(await readFile(`.github/workflows/${mode}.yml`, 'utf8')) as Call).on.workflow_call;
      const preset = Object.entries(inputs).filter(([, input]) => input.default !== undefined);
      expect(preset.length).toBeGreaterThan(5);
      expect(preset.map(([name, input]) => [name, typeof input.default])).toEqual(
        preset.map(([name, { type }]) => [name, type]),
      );
    },
  );
});

describe('the reusable fleet.yml', () => {
  interface Job {
    steps: { uses?: string; with?: Record<string, unknown> }[];
  }
  interface Call {
    on: { workflow_call: { inputs: Record<string, { type: string; default?: unknown }> } };
    jobs: Record<string, Job>;
  }

  test('the reusable fleet.yml presets nothing that rules may say, which it would take the place of', async () => {
    const { on, jobs } = parse(await readFile('.github/workflows/fleet.yml', 'utf8')) as Call;
    const { inputs } = on.workflow_call;
    for (const { name } of CONFIG_INPUTS) expect(inputs[name]?.default).toBeUndefined();
    const preset = Object.values(inputs).filter((input) => input.default !== undefined);
    expect(preset.map((input) => typeof input.default)).toEqual(preset.map(({ type }) => type));

    // What is dumped, kept and expected stands in the file of rules alone.
    const asked = CONFIG_INPUTS.filter(({ name }) => name in inputs).map(({ name }) => name);
    expect(asked.sort()).toEqual(['s3-bucket', 's3-endpoint', 's3-prefix', 's3-region']);
    const ours = Object.values(jobs).flatMap(({ steps }) => steps.filter(({ uses }) => uses === '$/'));
    expect(ours.map(({ with: given }) => given?.['mode'])).toEqual([
      'databases',
      'databases',
      'backup',
      'prune',
      'status',
    ]);
    const passedOn = {
      config: '${{ inputs.config }}',
      'aws-role': '${{ inputs.aws-role }}',
      'aws-role-duration': '${{ inputs.aws-role-duration }}',
    };
    for (const { with: given } of ours) expect(given).toMatchObject(passedOn);
  });

  test('the rules of the example are rules', async () => {
    const { rules } = readConfig('phaselift.yml', await readFile('examples/phaselift.yml', 'utf8'));
    expect(rules.map(({ match }) => match)).toEqual([['billing'], ['app_*', 'shop'], ['archive'], ['*']]);
  });
});

test.each([
  ...CALLED_WORKFLOWS.map((workflow) => {
    return [workflow.mode, (text: string) => updatedWorkflow(text, workflow)] as const;
  }),
  ['fleet', updatedFleetWorkflow] as const,
])('the reusable %s.yml is what the tables make of it', async (name, update) => {
  const text = await readFile(`.github/workflows/${name}.yml`, 'utf8');
  expect(update(text)).toBe(text);
  // Made anew from nothing as well, and not only kept.
  const emptied = text.replaceAll(/(# ([\w-]+):start.*\n)[^]*?( *# \2:end)/g, '$1$3');
  expect(emptied.length).toBeLessThan(text.length * 0.6);
  expect(update(emptied)).toBe(text);
});

test('the gate of ci.yml needs every other job', async () => {
  const { jobs } = parse(await readFile('.github/workflows/ci.yml', 'utf8')) as {
    jobs: Record<string, { needs?: string[] }>;
  };
  const { gate, ...others } = jobs;
  expect(gate?.needs?.toSorted()).toEqual(Object.keys(others).sort());
});

describe('the check of workflows', () => {
  const SHA = '3d3c42e5aac5ba805825da76410c181273ba90b1';
  const workflow = (job: string, permissions = 'permissions: {}') =>
    `on: push\n${permissions}\njobs:\n  a:\n${job.replaceAll(/^/gm, '    ')}\n`;
  const step = (text: string) => workflow(`runs-on: ubuntu-latest\nsteps:\n  - ${text}`);
  const call = (text: string) => workflow(`uses: phaselift/phaselift/.github/workflows/backup.yml@v1\n${text}`);

  test.each([
    [
      'an input that the action does not have',
      step('uses: o/phaselift@v1\n    with: { databse: app }'),
      /no input databse/,
    ],
    [
      'an output that it does not have',
      step('id: x\n    uses: $/\n  - run: echo ${{ steps.x.outputs.nmae }}'),
      /no output nmae/,
    ],
    ['an input that the called workflow does not have', call('with: { database: a, databse: b }'), /no input databse/],
    ['a secret that it does not have', call('with: { database: a }\nsecrets: { password: b }'), /no secret password/],
    ['a required input that is not given', call('with: { s3-bucket: a }'), /needs the input database/],
    ['an action that is not pinned', step('uses: actions/checkout@v7'), /not pinned/],
    ['a pin without its version', step(`uses: actions/checkout@${SHA}`), /no comment with its version/],
    ['a local action by a wrong name', step('uses: $foo'), /invalid format/],
    ['no permissions', workflow("runs-on: ubuntu-latest\nsteps: [{ run: 'true' }]", ''), /permissions/],
    [
      'a queue of a concurrency group that GitHub does not have',
      workflow("runs-on: ubuntu-latest\nconcurrency: { group: a, queue: all }\nsteps: [{ run: 'true' }]"),
      /queue|all/,
    ],
    [
      'a wrong key beside cron',
      workflow("runs-on: ubuntu-latest\nsteps: [{ run: 'true' }]").replace(
        'push',
        "{ schedule: [{ cron: '1 2 * * *', zone: UTC }] }",
      ),
      /zone/,
    ],
    ['what GitHub does not know', workflow("runs-on: ubuntu-latest\nstepz: [{ run: 'true' }]"), /stepz/],
  ])('the check of workflows finds %s', async (_name, text, fault) => {
    expect((await checkWorkflow('examples/x.yml', text)).join('\n')).toMatch(fault);
  });
});
