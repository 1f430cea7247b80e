import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { furtherJobs } from '../../scripts/job-chain.js';
import { evaluateCondition, evaluateText, Strict, type Value } from '../../testbed/workflow/expressions.js';
import { mapping, type Node } from '../../testbed/workflow/nodes.js';
import { readWorkflow, type JobNode } from '../../testbed/workflow/workflow-file.js';

const FILES = ['.github/workflows/restore.yml', 'examples/long-restore.yml'];
const IDS = ['restore', 'restore-2', 'restore-3', 'restore-4'];

describe.each(FILES)('the four jobs of %s', (path) => {
  test('all do the same, and only in the last one a failure follows when it did not finish', async () => {
    const { jobs } = await readWorkflow(path);
    expect(Object.keys(jobs)).toEqual(IDS);
    const alike: JobNode[] = Object.values(jobs).map((job) => ({ ...job, needs: null, if: null, environment: null }));
    const [first, ...further] = alike;
    const last = further.at(-1);
    const steps = last?.steps as readonly Node[];
    expect(further.with(-1, { ...last, steps: steps.slice(0, -1) })).toEqual([first, first, first]);
    const said = mapping(steps.at(-1), 'the last step', ['name', 'if', 'run']);
    expect(said.run).toMatch(/^echo '::error.*not done.*Re-run all jobs.*\nexit 1/);
    const isSaid = (finished: string) => {
      const contexts = { steps: { restore: { outputs: { finished } } } };
      return evaluateCondition(said.if, { contexts, functions: { success: () => true } });
    };
    expect(['false', 'true', ''].map(isSaid)).toEqual([true, false, false]);
  });

  test.each([
    ['did not finish', 'false', true, true],
    ['finished', 'true', true, false],
    ['was skipped, or said nothing', '', false, false],
    ['failed', 'false', false, false],
  ])('where a job %s, the next one: %s, %s -> %s', async (_what, finished, success, runs) => {
    const { jobs } = await readWorkflow(path);
    for (const [i, id] of IDS.slice(1).entries()) {
      const before = IDS[i] ?? '';
      expect(jobs[id]?.needs).toBe(before);
      const needs = new Strict('needs', {
        [before]: { result: success ? 'success' : 'failure', outputs: { finished } },
      });
      expect(evaluateCondition(jobs[id]?.if, { contexts: { needs }, functions: { success: () => success } })).toBe(
        runs,
      );
    }
  });
});

test.each([1, 2, 3, 4])('the outputs of restore.yml are those of the last job that ran: of %i', async (count) => {
  const { events } = await readWorkflow('.github/workflows/restore.yml');
  const { outputs } = mapping(events['workflow_call'], 'workflow_call');
  const names = Object.keys(mapping(outputs, 'outputs'));
  const said = (job: number): Value => Object.fromEntries(names.map((name) => [name, `${name} of ${job}`]));
  const jobs = Object.fromEntries(IDS.map((id, i) => [id, { outputs: i < count ? said(i + 1) : {} }]));
  for (const [name, output] of Object.entries(mapping(outputs, 'outputs'))) {
    const { value } = mapping(output, name);
    expect(evaluateText(value, { contexts: { jobs }, functions: {} })).toBe(`${name} of ${count}`);
  }
});

test.each([
  ['', '', ''],
  ['approval', '', ''],
  ['approval', 'arn:aws:iam::1:role/a', 'approval'],
])(
  'later jobs of restore.yml ask for the approval of "%s" again only by a role: "%s"',
  async (environment, role, asked) => {
    const { jobs } = await readWorkflow('.github/workflows/restore.yml');
    const inputs = new Strict('inputs', { environment, 'aws-role': role });
    const [first, ...further] = IDS.map((id) =>
      evaluateText(jobs[id]?.environment, { contexts: { inputs }, functions: {} }),
    );
    expect(first).toBe(environment);
    expect(further).toEqual([asked, asked, asked]);
  },
);

test('jobs that go on are made only of a job that is there, in front of their mark', async () => {
  const text = await readFile('.github/workflows/restore.yml', 'utf8');
  expect(furtherJobs(text, IDS).filter((line) => line.startsWith('restore'))).toEqual(
    IDS.slice(1).map((id) => `${id}:`),
  );
  expect(() => furtherJobs(text, ['nothing', 'nothing-2'])).toThrow(/needs the job nothing/);
  expect(() => furtherJobs(text.replace('# further-jobs:start', '#'), IDS)).toThrow(
    /in front of `# further-jobs:start`/,
  );
});
