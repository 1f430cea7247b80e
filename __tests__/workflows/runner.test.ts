import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunOptions } from '../../testbed/workflow/options.js';
import type { JobResult, WorkflowResult } from '../../testbed/workflow/results.js';
import { runWorkflow } from '../../testbed/workflow/run.js';

/** The runner of the tests, with workflows that need no service. */
describe('the workflow runner', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'phaselift-workflow-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function start(jobs: string, options: Partial<RunOptions> = {}) {
    const path = join(directory, 'test.yml');
    await writeFile(path, `on: [push, workflow_dispatch]\njobs:\n${jobs.replaceAll(/^/gm, '  ')}\n`);
    const services = { dockerHost: '', run: () => Promise.reject(new Error('no services here')) };
    return runWorkflow(path, { event: 'push', services, ...options });
  }
  const run = async (jobs: string, options: Partial<RunOptions> = {}): Promise<WorkflowResult> =>
    (await start(jobs, options)).done;
  const ends = ({ jobs }: WorkflowResult) => jobs.map(({ id, result }) => `${id} ${result}`);
  const steps = (job: JobResult | undefined) =>
    (job?.steps ?? []).map(({ outcome, conclusion }) => `${outcome} ${conclusion}`);

  test('the workflow runner runs scripts that hand outputs, variables and a summary on', async () => {
    const result = await run(`
a:
  runs-on: ubuntu-latest
  env: { GREETING: hello }
  outputs:
    word: \${{ steps.one.outputs.word }}
  steps:
    - id: one
      run: |
        echo "word=$GREETING world" >> "$GITHUB_OUTPUT"
        echo "LATER=it is $GITHUB_RUN_ATTEMPT" >> "$GITHUB_ENV"
        echo '# Title' >> "$GITHUB_STEP_SUMMARY"
    - run: echo "$LATER, \${{ env.LATER }}, \${{ job.status }}"
b:
  needs: a
  runs-on: ubuntu-latest
  steps:
    - run: echo "got \${{ needs.a.outputs.word }} from \${{ needs.a.result }}"`);
    expect(result.result).toBe('success');
    expect(result.jobs[0]?.steps[0]?.summary).toBe('# Title\n');
    expect(result.jobs[0]?.steps[1]?.lines).toEqual(['it is 1, it is 1, success']);
    expect(result.jobs[1]?.steps[0]?.lines).toEqual(['got hello world from success']);
  });

  test('"Re-run failed jobs" keeps what went well, and runs the rest again', async () => {
    const jobs = `
a:
  runs-on: ubuntu-latest
  outputs: { attempt: "\${{ github.run_attempt }}" }
  steps: [{ run: exit 0 }]
b: { needs: a, runs-on: ubuntu-latest, steps: [{ run: 'exit $((2 - GITHUB_RUN_ATTEMPT))' }] }
c: { needs: [a, b], runs-on: ubuntu-latest, steps: [{ run: "echo \${{ needs.a.outputs.attempt }}" }] }`;
    const failed = await run(jobs);
    expect(ends(failed)).toEqual(['a success', 'b failure', 'c skipped']);
    const again = await run(jobs, { attempt: 2, failedJobsOf: failed });
    expect(ends(again)).toEqual(['a success', 'b success', 'c success']);
    expect(again.jobs[2]?.steps[0]?.lines).toEqual(['1']);
    expect((await run(jobs, { attempt: 2 })).jobs[2]?.steps[0]?.lines).toEqual(['2']);
  });

  test('a failed job leaves only those steps and jobs to run that ask for it', async () => {
    const result = await run(`
a:
  runs-on: ubuntu-latest
  steps:
    - run: exit 3
      continue-on-error: true
    - run: exit 3
    - run: echo skipped
    - if: failure()
      run: echo runs
    - if: \${{ always() && steps.x.outcome == '' }}
      id: x
      run: echo runs
b: { needs: a, runs-on: ubuntu-latest, steps: [{ run: echo skipped }] }
c: { needs: b, if: failure(), runs-on: ubuntu-latest, steps: [{ run: echo runs }] }
d: { needs: a, if: always() && needs.a.result == 'failure', runs-on: ubuntu-latest, steps: [{ run: echo runs }] }`);
    expect(steps(result.jobs[0])).toEqual([
      'failure success',
      'failure failure',
      'skipped skipped',
      'success success',
      'success success',
    ]);
    expect(ends(result)).toEqual(['a failure', 'b skipped', 'c success', 'd success']);
    expect(result.result).toBe('failure');
  });

  test('fail-fast cancels the legs to come, unless it is off', async () => {
    const legs = (failFast: string) => `
a:
  runs-on: ubuntu-latest
  strategy:
    ${failFast}
    matrix: { n: [1, 2, 3] }
  steps:
    - run: test \${{ matrix.n }} != 2`;
    expect(ends(await run(legs('max-parallel: 1')))).toEqual(['a success', 'a failure', 'a cancelled']);
    expect(ends(await run(legs('fail-fast: false')))).toEqual(['a success', 'a failure', 'a success']);
  });

  test('a matrix comes from an output, and a job without anything to do is skipped', async () => {
    const legs = (count: number) => `
a:
  runs-on: ubuntu-latest
  outputs: { legs: "\${{ steps.x.outputs.legs }}", count: "\${{ steps.x.outputs.count }}" }
  steps:
    - id: x
      run: |
        echo 'legs={"include":[{"n":"one"},{"n":"two"}]}' >> "$GITHUB_OUTPUT"
        echo 'count=${count}' >> "$GITHUB_OUTPUT"
b:
  needs: a
  if: needs.a.outputs.count > 0
  strategy: { matrix: "\${{ fromJSON(needs.a.outputs.legs) }}" }
  concurrency: { group: "of-\${{ matrix.n }}", queue: max }
  runs-on: ubuntu-latest
  steps: [{ run: "echo \${{ matrix.n }}" }]
c: { needs: [a, b], if: "\${{ !cancelled() }}", runs-on: ubuntu-latest, steps: [{ run: "echo \${{ needs.b.result }}" }] }`;
    const two = await run(legs(2));
    expect(ends(two)).toEqual(['a success', 'b success', 'b success', 'c success']);
    expect(two.jobs.slice(1, 3).map(({ leg, concurrency }) => [leg['n'], concurrency])).toEqual([
      ['one', { group: 'of-one', cancelInProgress: false, queue: 'max' }],
      ['two', { group: 'of-two', cancelInProgress: false, queue: 'max' }],
    ]);
    expect(ends(await run(legs(0)))).toEqual(['a success', 'b skipped', 'c success']);
  });

  test('legs of a matrix run side by side where max-parallel says so', async () => {
    const meet = await mkdtemp(join(directory, 'meet-'));
    const result = await run(`
a:
  runs-on: ubuntu-latest
  timeout-minutes: 1
  strategy: { fail-fast: false, max-parallel: 2, matrix: { n: [1, 2] } }
  steps:
    - run: |
        touch "${meet}/\${{ matrix.n }}"
        until [ -e "${meet}/1" ] && [ -e "${meet}/2" ]; do sleep 0.05; done`);
    expect(ends(result)).toEqual(['a success', 'a success']);
    expect(result.jobs.map(({ leg }) => leg['n'])).toEqual([1, 2]);
  });

  test('a cancelled run ends its step, and runs what runs always', async () => {
    const started = Promise.withResolvers<undefined>();
    const workflow = await start(
      `
a:
  runs-on: ubuntu-latest
  steps:
    - run: echo started; exec sleep 60
    - run: echo skipped
    - if: cancelled()
      run: echo cleaned
b: { needs: a, runs-on: ubuntu-latest, steps: [{ run: echo skipped }] }`,
      {
        onLine: () => {
          started.resolve(undefined);
        },
      },
    );
    await started.promise;
    workflow.cancel();
    const result = await workflow.done;
    expect(steps(result.jobs[0])).toEqual(['cancelled cancelled', 'skipped skipped', 'success success']);
    expect(ends(result)).toEqual(['a cancelled', 'b skipped']);
  });

  test('a step has its files, its folder and the shell that it asks for', async () => {
    const result = await run(
      `
a:
  runs-on: ubuntu-latest
  defaults: { run: { shell: bash, working-directory: sub } }
  steps:
    - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
    - run: ./script.sh
    - run: echo \${{ hashFiles('**/*.sh') != '' }}\${{ hashFiles('*.none') }}
    - run: false | true`,
      { files: { 'sub/script.sh': '#!/bin/sh\necho "in $(basename "$PWD")"' } },
    );
    const [, script, hash, pipe] = result.jobs[0]?.steps ?? [];
    expect(script?.lines).toEqual(['in sub']);
    expect(hash?.lines).toEqual(['true']);
    expect(pipe?.outcome).toBe('failure');
  });

  const job = (text: string) => `a: { runs-on: ubuntu-latest, ${text} }`;
  test.each([
    [
      'an action that it does not know',
      job("steps: [{ uses: 'some/action@0123456789012345678901234567890123456789' }]"),
      /does not know the action/,
    ],
    ['an action that is not pinned', job("steps: [{ uses: 'actions/checkout@v4' }]"), /not pinned/],
    [
      'a key of a job that it does not know',
      job("container: 'node:24', steps: [{ run: 'true' }]"),
      /does not know container/,
    ],
    ['a shell that it does not know', job("steps: [{ run: 'true', shell: pwsh }]"), /does not know the shell pwsh/],
    ['another machine', "a: { runs-on: macos-latest, steps: [{ run: 'true' }] }", /macos-latest/],
    ['a variable that nobody made', job("steps: [{ run: 'echo ${{ vars.NAME }}' }]"), /vars\.NAME is not known/],
    [
      'an input that our action does not have',
      job("steps: [{ uses: '$/', with: { databse: app } }]"),
      /no input "databse"/,
    ],
    ['what GitHub does not know', job("stepz: [{ run: 'true' }]"), /is not a workflow.*\n.*stepz/],
  ])('a job with %s is an error', async (_name, jobs, message) => {
    await expect(run(jobs)).rejects.toThrow(message);
  });

  test('an event that does not start the workflow is an error', async () => {
    await expect(run(job("steps: [{ run: 'true' }]"), { event: 'schedule' })).rejects.toThrow(
      /not started by schedule/,
    );
  });

  test.each([
    ['an input that is not declared', 'with: { database: app, databse: app }', /no input databse/],
    ['a required input missing', 'with: { backup-name: a }', /database is required/],
    ['text for a number', "with: { database: app, source-port: '5432' }", /"5432" is no number/],
    ['a secret that is not declared', 'with: { database: app }\n  secrets: { password: x }', /no secret password/],
  ])('a call of a reusable workflow with %s is refused', async (_name, keys, message) => {
    const uses = 'example/phaselift/.github/workflows/backup.yml@v1';
    await expect(run(`a:\n  uses: ${uses}\n  ${keys}`)).rejects.toThrow(message);
  });
});
