/** The jobs of a reusable workflow that go on, one after the other, where the one before did not finish. Pure. */

/** By a role, the environment may be what its trust asks for; else its approval has been given with the first job. */
const ENVIRONMENTS = [
  'environment: ${{ inputs.environment }}',
  "environment: ${{ inputs.aws-role != '' && inputs.environment || '' }}",
] as const;

/** Where even the last job did not finish, the workflow fails: whoever counts on the restore has to see it. */
const LAST_STEP = `
      - name: Not finished
        if: steps.restore.outputs.finished == 'false'
        run: |
          echo '::error title=Not finished::The restore is not done, and this was the last of COUNT jobs. What is finished stays finished: press "Re-run all jobs" to go on from there, for as many jobs again.'
          exit 1`;

/**
 * The lines of all jobs but the first, each a copy of that one: from its id in the workflow's text to the mark behind it.
 * Comments are not copied. Throws where the text has no such job.
 */
export function furtherJobs(text: string, ids: readonly string[]): string[] {
  const [first = '', ...further] = ids;
  const [, copied] = new RegExp(`^  ${first}:\n([^]*?)^ *# further-jobs:start\\b`, 'm').exec(text) ?? [];
  if (copied?.includes(ENVIRONMENTS[0]) !== true) {
    throw new Error(
      `the file needs the job ${first}, with \`${ENVIRONMENTS[0]}\`, in front of \`# further-jobs:start\``,
    );
  }
  const body = copied
    .replaceAll(/^ *#.*\n?/gm, '')
    .replace(...ENVIRONMENTS)
    .trimEnd();
  const jobs = further.map((id, i) => {
    const before = ids[i] ?? '';
    const isLast = i === further.length - 1;
    const needs = `    needs: ${before}\n    if: needs.${before}.outputs.finished == 'false'`;
    return `  ${id}:\n${needs}\n${body}${isLast ? `\n${LAST_STEP.replace('COUNT', String(ids.length))}` : ''}`;
  });
  return jobs.join('\n\n').replaceAll(/^ {2}/gm, '').split('\n');
}

/** An output of the last job that ran: those behind it have none. */
export function lastOutput(ids: readonly string[], name: string): string {
  const all = ids.toReversed().map((id) => `jobs.${id}.outputs.${name}`);
  return `\${{ ${all.join(' || ')} }}`;
}
