import { getExecOutput, type ExecOutput } from '@actions/exec';

/**
 * Runs a program without a shell to its end, and hands over what it wrote. Not for data: the output is collected in memory.
 * Throws when it cannot be started; an exit code other than 0 is for the caller.
 */
export function runShortCommand(
  file: string,
  args: readonly string[],
  options: { env: Record<string, string>; input?: Buffer | undefined },
): Promise<ExecOutput> {
  const { env, input } = options;
  const always = { env, silent: true, ignoreReturnCode: true };
  return getExecOutput(`"${file}"`, [...args], input === undefined ? always : { ...always, input });
}
