import { PhaseliftError } from './foundation/errors.js';
import { PHASELIFT_VERSION } from './foundation/version.js';
import { MODES_OF_FLEETS, type Settings } from './inputs/settings.js';
import type { RunRecorder } from './report/run-recorder.js';
import { runCommand, type Surface } from './run-command.js';

/** How a run failed. */
export interface RunFailure {
  /** What is told of it: a run that was cancelled says so, whatever broke when it was. */
  told: unknown;
  /** What was thrown, for its trace. */
  thrown: unknown;
}

/** What the action and the command line have of their own. */
export interface Run {
  recorder: RunRecorder;
  signal: AbortSignal;
  /** How this surface says that the run was cancelled. */
  cancelled: string;
  /** Makes ready what the command needs. What it throws ends the run as a failure of the command does. */
  begin: () => Promise<{ settings: Settings; surface: Surface }>;
}

/** Runs one command, and records how it ended. Never throws: null says that all went well. */
export async function run({ recorder, signal, cancelled, begin }: Run): Promise<RunFailure | null> {
  try {
    const { settings, surface } = await begin();
    await runCommand(settings, surface);
    recorder.finish('success');
    return null;
  } catch (thrown) {
    return recordFailure(recorder, { thrown, cancelled: signal.aborted ? cancelled : null });
  }
}

/** Records that a run has failed, or that it was cancelled, in the words given. */
export function recordFailure(
  recorder: RunRecorder,
  { thrown, cancelled }: { thrown: unknown; cancelled: string | null },
): RunFailure {
  const hint = 'What is finished stays finished: run it again to go on.';
  const told = cancelled === null ? thrown : new PhaseliftError('CANCELLED', cancelled, { hint });
  recorder.fail(told);
  recorder.finish(cancelled === null ? 'failure' : 'cancelled');
  return { told, thrown };
}

/** The first line of a run: which release does what. */
export function firstLine({ mode, database }: Settings): string {
  const what = MODES_OF_FLEETS.includes(mode) ? mode : `${mode} of ${database === '' ? 'many databases' : database}`;
  return `Phaselift ${PHASELIFT_VERSION}: ${what}`;
}
