import { evaluate, evaluateText, type Scope } from './expressions.js';
import type { Leg } from './matrix.js';
import { mapping, type Node } from './nodes.js';
import type { ConcurrencyResult, JobResult, Result } from './results.js';

/** The name of the environment of a job; empty without one. */
export function environmentOf(node: Node | undefined, scope: Scope): string {
  const value = evaluate(node, scope);
  if (value === null || typeof value === 'string') return value ?? '';
  return evaluateText(mapping(node, 'environment', ['name', 'url']).name, scope);
}

/** The group that a workflow or job waits in. */
export function concurrencyOf(node: Node | undefined, scope: Scope): ConcurrencyResult | null {
  if (node === undefined) return null;
  const value = evaluate(node, scope);
  if (typeof value === 'string') return { group: value, cancelInProgress: false };
  const keys = ['group', 'cancel-in-progress', 'queue'] as const;
  const { group, 'cancel-in-progress': cancel, queue } = mapping(node, 'concurrency', keys);
  return {
    group: evaluateText(group, scope),
    cancelInProgress: evaluate(cancel ?? false, scope) === true,
    ...(queue === undefined ? {} : { queue: evaluateText(queue, scope) }),
  };
}

/** A job, or a leg of one, that was not started. */
export function notRun(id: string, leg: Leg, result: Result): JobResult {
  const nothing = { outputs: {}, steps: [], environment: '', concurrency: null, permissions: {}, services: [] };
  return { id, leg, result, ...nothing, timeoutMinutes: 0, called: null };
}
