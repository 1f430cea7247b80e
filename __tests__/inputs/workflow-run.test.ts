import { expect, test } from '@jest/globals';
import { workflowRunOf } from '../../src/inputs/workflow-run.js';

test('a run of a workflow is the same for all of its attempts, and there is none elsewhere', () => {
  const env = { GITHUB_REPOSITORY: 'me/app', GITHUB_RUN_ID: '4711', GITHUB_RUN_ATTEMPT: '2' };
  expect(workflowRunOf(env)).toBe('me/app/4711');
  expect(workflowRunOf({ ...env, GITHUB_RUN_ID: '4712' })).toBe('me/app/4712');
  expect(workflowRunOf({})).toBeNull();
  expect(workflowRunOf({ GITHUB_RUN_ID: '' })).toBeNull();
});
