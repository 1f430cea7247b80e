import { runAction, type ActionResult } from '../runner.js';
import { killWhenCancelled, type Machine } from './machine.js';
import type { RunOptions } from './options.js';
import type { Permissions } from './permissions.js';
import { OUR_ACTION } from './references.js';

/** How a `uses` step ended. */
export interface ActionEnd {
  exitCode: number | null;
  lines: readonly string[];
  outputs: Readonly<Record<string, string>>;
  /** What later steps find in their environment. */
  env: Readonly<Record<string, string>>;
  summary: string;
  /** What runs after all steps of the job. */
  post: (() => Promise<ActionEnd>) | null;
}

export interface ActionCall {
  readonly with: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly machine: Machine;
  readonly permissions: Permissions;
  readonly options: RunOptions;
  /** Aborted when the step has to end. */
  readonly signal: AbortSignal;
}

/** Runs the action of a `uses` step. Throws for one that the runner does not know, or an input that the action does not have. */
export async function runUses(uses: string, call: ActionCall): Promise<ActionEnd> {
  if (OUR_ACTION.test(uses)) return runOurs(call);
  const [name = '', ref = ''] = uses.split('@');
  if (!/^[0-9a-f]{40}$/.test(ref)) throw new Error(`${uses}: not pinned by a commit`);
  switch (name) {
    case 'actions/checkout':
      return checkOut(call);
    case 'aws-actions/configure-aws-credentials':
      return takeRole(call);
    default:
      throw new Error(`the runner does not know the action ${uses}`);
  }
}

async function runOurs(call: ActionCall): Promise<ActionEnd> {
  const run = async (entry: 'main' | 'post', state: Readonly<Record<string, string>>): Promise<ActionResult> => {
    const handle = await runAction({ with: call.with, env: call.env, entry, state, workspace: call.machine.workspace });
    const { onLine } = call.options;
    if (onLine !== undefined) handle.onLine(onLine);
    if (entry === 'main')
      killWhenCancelled(
        call.signal,
        (signal) => {
          handle.kill(signal);
        },
        handle.done,
      );
    return handle.done;
  };
  const main = await run('main', {});
  return { ...endOf(main), post: async () => endOf(await run('post', main.state)) };
}

function endOf({ exitCode, lines, stderr, outputs, summary, leftFiles }: ActionResult): ActionEnd {
  if (leftFiles.length > 0) throw new Error(`the action left files: ${leftFiles.join(', ')}`);
  const errors = stderr.split('\n').filter((line) => line !== '');
  return { exitCode, lines: [...lines, ...errors], outputs, env: {}, summary, post: null };
}

async function checkOut(call: ActionCall): Promise<ActionEnd> {
  knownInputs(call, ['persist-credentials', 'fetch-depth']);
  if (call.permissions['contents'] === undefined) throw new Error('a checkout needs the permission contents: read');
  await call.machine.checkOut(call.options.files ?? {});
  return { exitCode: 0, lines: [], outputs: {}, env: {}, summary: '', post: null };
}

/** Gives the keys that the test has for a role, as the real action gives those that AWS answers with. */
function takeRole(call: ActionCall): ActionEnd {
  knownInputs(call, ['role-to-assume', 'aws-region', 'role-duration-seconds', 'role-session-name']);
  const { 'role-to-assume': role = '', 'aws-region': region = '' } = call.with;
  if (region === '') throw new Error('aws-actions/configure-aws-credentials needs aws-region');
  if (call.permissions['id-token'] !== 'write') throw new Error('a role needs the permission id-token: write');
  const keys = call.options.roles?.[role];
  const end = { outputs: {}, summary: '', post: null };
  if (keys === undefined) return { ...end, exitCode: 1, lines: [`::error::Not authorized to assume ${role}`], env: {} };
  const env = {
    AWS_ACCESS_KEY_ID: keys.accessKey,
    AWS_SECRET_ACCESS_KEY: keys.secretKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
  return { ...end, exitCode: 0, lines: [], env };
}

function knownInputs(call: ActionCall, known: readonly string[]): void {
  const strange = Object.keys(call.with).filter((name) => !known.includes(name));
  if (strange.length > 0) throw new Error(`the runner does not know the inputs ${strange.join(', ')}`);
}
