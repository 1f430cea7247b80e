/**
 * The run of a workflow that this process is a part of, the same for each attempt of it; null where there is none.
 * Source: GitHub's documentation, "Variables reference", GITHUB_RUN_ID.
 */
export function workflowRunOf(env: NodeJS.ProcessEnv): string | null {
  const id = env['GITHUB_RUN_ID'];
  return id === undefined || id === '' ? null : `${env['GITHUB_REPOSITORY'] ?? ''}/${id}`;
}
