import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { LEFTOVERS_STATE, readLeftovers } from './commands/leftovers.js';
import type { Logger } from './foundation/logger.js';
import type { Wording } from './foundation/text.js';
import { PHASELIFT_VERSION } from './foundation/version.js';
import { withConfig } from './inputs/config/with-config.js';
import type { GivenInputs } from './inputs/given-inputs.js';
import { INPUTS } from './inputs/input-table.js';
import { readSettings } from './inputs/read-settings.js';
import { InputReader } from './inputs/reader.js';
import { materializeRootCert } from './inputs/root-cert.js';
import { secretsOf } from './inputs/secrets.js';
import type { Mode, Settings } from './inputs/settings.js';
import { workflowRunOf } from './inputs/workflow-run.js';
import { failureReport, failureText, failureTrace } from './report/failure.js';
import { ProgressLine } from './report/progress-line.js';
import { RunRecorder } from './report/run-recorder.js';
import { firstLine, run, type Run } from './run.js';
import type { Surface } from './run-command.js';
import { commandLineInputs, readCommandLine, secretsInArguments } from './terminal/command-line.js';
import { helpText } from './terminal/help.js';
import { Interrupts, INTERRUPTED } from './terminal/interrupts.js';
import { leftBehind } from './terminal/left-behind.js';
import { maskerOf } from './terminal/masker.js';
import { ProgressBar } from './terminal/progress-bar.js';
import { Questions, refuseUnattended } from './terminal/questions.js';
import { jsonOutputs, resultLines } from './terminal/result-lines.js';
import { Screen } from './terminal/screen.js';
import { TerminalLogger } from './terminal/terminal-logger.js';
import { asOption, SEE_HELP, wordingOf } from './terminal/wording.js';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;
/** Their table is the result. */
const SHOWING: readonly Mode[] = ['list', 'show', 'databases', 'status'];

/** The program `phaselift`: reads arguments and environment, runs one command, reports. Resolves with the exit code. */
export async function cli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  // Even a command line that cannot be read must not bring a secret of the environment to light.
  const fromEnvironment = secretsOf(commandLineInputs(new Map(), env));
  const screen = new Screen(process.stdout, process.stderr, env, maskerOf(fromEnvironment));
  let wording: Wording = asOption;
  try {
    const line = readCommandLine(args);
    switch (line.kind) {
      case 'help':
        screen.page(helpText(line.topic));
        return DONE;
      case 'version':
        screen.result(`phaselift ${PHASELIFT_VERSION}`);
        return DONE;
      case 'run': {
        const given = commandLineInputs(line.values, env);
        screen.hide(maskerOf(secretsOf(given)));
        wording = wordingOf(given);
        warnOfArguments(line.values, screen);
        return await runMode(given, line.json, screen, wording);
      }
    }
  } catch (error) {
    tellFailure(error, screen, wording);
    return exitCodeOf(error);
  }
}

/** One mode from settings to result. Throws only before anything is done. */
async function runMode(given: GivenInputs, json: boolean, screen: Screen, wording: Wording): Promise<number> {
  const read = readSettings(await withConfig(given));
  const force = forceOf(given);
  const canAsk = process.stdin.isTTY && process.stderr.isTTY;
  refuseUnattended(read, { force, canAsk });

  const recorder = new RunRecorder({ mode: read.mode, database: read.database });
  const listing = SHOWING.includes(read.mode) || ('dryRun' in read && read.dryRun);
  const quiet = read.log.quiet || (listing && json);
  const log = new TerminalLogger(screen, { ...read.log, quiet, infoIsResult: listing && !json }, wording);
  asDebugLines(log);
  let state = '';
  const interrupts = new Interrupts({
    first: () => {
      screen.log('interrupted: stopping cleanly; a second Ctrl-C ends at once', 'yellow');
    },
    second: () => {
      screen.unpin();
      screen.log('interrupted again: ended at once', 'yellow');
      for (const text of leftBehind(readLeftovers(state))) log.warning(text);
    },
  });
  const { signal, cancel } = interrupts;
  const begin: Run['begin'] = async () => {
    const settings = await withPrivateCert(read);
    if (!listing) log.info(firstLine(settings));
    const surface: Surface = {
      log,
      recorder,
      signal,
      progress: progressFor(settings, screen, log),
      consent: new Questions({ screen, force, canAsk, signal, cancel }),
      workflowRun: workflowRunOf(process.env),
      saveState: (name, value) => {
        if (name === LEFTOVERS_STATE) state = value;
      },
    };
    return { settings, surface };
  };
  try {
    const failure = await run({ recorder, signal, cancelled: 'interrupted', begin });
    if (failure !== null) {
      screen.unpin();
      for (const text of failureTrace(failure.thrown)) log.debug(text);
      tellFailure(failure.told, screen, wording);
      if (json) screen.json(jsonOutputs(recorder.report));
      return exitCodeOf(failure.told);
    }
    tellResult(recorder, json, screen);
    const fault = await screen.faultOfResults();
    if (fault === null) return DONE;
    screen.log(`error: the result could not be written: ${fault}`, 'red');
    return FAILED;
  } finally {
    interrupts.dispose();
  }
}

/**
 * Turns what libraries and Node.js itself print into debug lines. They help those who look for a defect; they are masked as all
 * lines are, and never come between the results on stdout.
 */
function asDebugLines(log: Logger): void {
  process.removeAllListeners('warning').on('warning', ({ name, message }) => {
    log.debug(`${name}: ${message}`);
  });
  // The search of PATH tells of each directory that it may not read, on stdout.
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    console[method] = (...values: unknown[]) => {
      log.debug(format(...values));
    };
  }
}

/** `force` is an input of backups; here it also answers the questions of modes that have no such input. */
function forceOf(given: GivenInputs): boolean {
  const reader = new InputReader(given);
  const force = reader.value(INPUTS.force);
  reader.throwIfFaulty();
  return force;
}

/** PEM text of `ssl-root-cert` goes into a directory of our own, which goes when we do, however that is (but for SIGKILL). */
function withPrivateCert(settings: Settings): Promise<Settings> {
  const directory = join(tmpdir(), `phaselift-${randomUUID()}`);
  process.once('exit', () => {
    rmSync(directory, { recursive: true, force: true });
  });
  return materializeRootCert(settings, directory);
}

function progressFor({ log: { quiet, showProgress } }: Settings, screen: Screen, log: Logger) {
  const enabled = showProgress && !quiet;
  return (options: ConstructorParameters<typeof ProgressBar>[0]) =>
    enabled && screen.canRedraw ? new ProgressBar(options, screen) : new ProgressLine({ ...options, log, enabled });
}

function tellResult(recorder: RunRecorder, json: boolean, screen: Screen): void {
  if (json) screen.json(jsonOutputs(recorder.report));
  else for (const text of resultLines(recorder.report)) screen.result(text);
}

function warnOfArguments(values: ReadonlyMap<string, string>, screen: Screen): void {
  const warning = secretsInArguments(values);
  if (warning === null) return;
  // Overwrites the arguments where the system shows them to others; until here they were there to be seen.
  process.title = 'phaselift';
  screen.log(`warning: ${warning}`, 'yellow');
}

/** The first line names what failed and why; the last ones what to do next. */
function tellFailure(error: unknown, screen: Screen, wording: Wording): void {
  const { message, hint, ...failure } = failureReport(error, wording);
  const own = failure.code === 'INPUT' && hint === null ? SEE_HELP : hint;
  const text = failureText({
    ...failure,
    message: screen.masked(message),
    hint: own === null ? null : screen.masked(own),
  });
  const [first = '', ...rest] = text.split('\n');
  screen.log(`error: ${first}`, 'red');
  for (const line of rest) screen.log(line);
}

function exitCodeOf(error: unknown): number {
  const { code } = failureReport(error);
  if (code === 'CANCELLED') return INTERRUPTED;
  return code === 'INPUT' ? WRONG_USAGE : FAILED;
}
