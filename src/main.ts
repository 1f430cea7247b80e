import { tmpdir } from 'node:os';
import * as core from '@actions/core';
import type { Consent } from './foundation/consent.js';
import { messageOf, PhaseliftError } from './foundation/errors.js';
import { withConfig } from './inputs/config/with-config.js';
import { actionInputs } from './inputs/given-inputs.js';
import { readSettings } from './inputs/read-settings.js';
import { materializeRootCert } from './inputs/root-cert.js';
import { secretsOf } from './inputs/secrets.js';
import { MODES_OF_FLEETS } from './inputs/settings.js';
import { wantsSummary } from './inputs/wants-summary.js';
import { workflowRunOf } from './inputs/workflow-run.js';
import { createActionLogger, type ActionLogger } from './report/action-logger.js';
import { safeLine } from './report/escape.js';
import { failureReport, failureText, failureTitle, failureTrace } from './report/failure.js';
import { outputsOf } from './report/outputs.js';
import { ProgressLine } from './report/progress-line.js';
import { RunRecorder } from './report/run-recorder.js';
import { renderSummary } from './report/summary.js';
import { firstLine, recordFailure, run, type Run, type RunFailure } from './run.js';
import type { Surface } from './run-command.js';

/** A cancelled job gets SIGKILL ten seconds after SIGINT: by then all must be said. */
const LAST_WORDS_MS = 8_000;

const CANCELLED = 'the run was cancelled';

/** Whoever wrote the workflow has said what may be done: by `force` and by `confirm`. */
const UNATTENDED: Consent = { overwrite: () => Promise.resolve(false), begin: () => Promise.resolve() };

/** The action's main step: reads the inputs, runs one command, reports. Resolves with the exit code. */
export async function main(): Promise<number> {
  const given = actionInputs(process.env);
  for (const secret of secretsOf(given)) core.setSecret(secret);
  const hasSummary = process.env['GITHUB_STEP_SUMMARY'] !== undefined && wantsSummary(given);
  const recorder = new RunRecorder();
  let logger = createActionLogger({ quiet: false, debug: false });
  const cancel = cancelOnSignals(() => {
    const failure = recordFailure(recorder, {
      thrown: new PhaseliftError('CANCELLED', CANCELLED),
      cancelled: CANCELLED,
    });
    void report({ recorder, log: logger, failure, hasSummary }).then(() => process.exit(1));
  });
  const begin: Run['begin'] = async () => {
    const read = readSettings(await withConfig(given));
    const settings = await materializeRootCert(read, process.env['RUNNER_TEMP'] ?? tmpdir());
    logger = createActionLogger(settings.log);
    recorder.set({ mode: settings.mode, database: MODES_OF_FLEETS.includes(settings.mode) ? '' : settings.database });
    logger.info(firstLine(settings));
    const log = logger;
    const enabled = settings.log.showProgress;
    const surface: Surface = {
      log,
      recorder,
      signal: cancel.signal,
      progress: (options) => new ProgressLine({ ...options, log, enabled }),
      consent: UNATTENDED,
      workflowRun: workflowRunOf(process.env),
      saveState: (name, value) => {
        saveState(name, value, log);
      },
    };
    return { settings, surface };
  };
  try {
    const failure = await run({ recorder, signal: cancel.signal, cancelled: CANCELLED, begin });
    const isReported = await report({ recorder, log: logger, failure, hasSummary });
    return failure === null && isReported ? 0 : 1;
  } finally {
    cancel.dispose();
  }
}

/**
 * Keeps a value for the post step. A runner that cannot (its disk is full) is no reason to fail, least of all once the backup
 * is there: only what a kill would leave is not cleaned up.
 */
function saveState(name: string, value: string, log: ActionLogger): void {
  try {
    core.saveState(name, value);
  } catch (cause) {
    log.warning(`the post step will not know what this run may leave: ${messageOf(cause)}`);
  }
}

/** How a run has ended, and where that is told. */
interface Ending {
  recorder: RunRecorder;
  log: ActionLogger;
  failure: RunFailure | null;
  hasSummary: boolean;
}

/**
 * Outputs, summary and the failure's annotation: the same for every end. False when the outputs could not be written: the
 * steps after this one would go on without them.
 */
async function report({ recorder, log, failure, hasSummary }: Ending): Promise<boolean> {
  if (failure !== null) for (const line of failureTrace(failure.thrown)) log.debug(line);
  log.close();
  const unwritten = writeOutputs(recorder);
  if (hasSummary) {
    try {
      await core.summary.addRaw(renderSummary(recorder.report), true).write();
    } catch (cause) {
      log.warning(`the job summary could not be written: ${messageOf(cause)}`);
    }
  }
  if (failure !== null) {
    const told = failureReport(failure.told);
    core.error(failureText(told), { title: failureTitle(told, recorder.report) });
  }
  if (unwritten !== null)
    core.error(`the outputs could not be written: ${safeLine(unwritten)}`, { title: 'Phaselift: no outputs' });
  return unwritten === null;
}

/** Why not, when the runner's file for them cannot be written to; else null. */
function writeOutputs(recorder: RunRecorder): string | null {
  try {
    for (const [name, value] of Object.entries(outputsOf(recorder.report))) core.setOutput(name, value);
    return null;
  } catch (cause) {
    return messageOf(cause);
  }
}

/** The first signal cancels; when that takes too long, `lastWords` is called. Further signals change nothing. */
function cancelOnSignals(lastWords: () => void): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    if (controller.signal.aborted) return;
    controller.abort();
    timer = setTimeout(lastWords, LAST_WORDS_MS);
  };
  process.on('SIGINT', cancel).on('SIGTERM', cancel);
  return {
    signal: controller.signal,
    dispose: () => {
      clearTimeout(timer);
      process.off('SIGINT', cancel).off('SIGTERM', cancel);
    },
  };
}
