import type { ErrorCode } from '../foundation/errors.js';
import { PhaseliftError } from '../foundation/errors.js';
import { formatExact } from '../foundation/format.js';
import { input, inWorkflow, phrase, shown, type Wording } from '../foundation/text.js';
import { safeLine, truncate } from './escape.js';
import type { FailureReport, RunReport } from './run-report.js';

const REPORT_IT = phrase`This is a defect of Phaselift. Please report it, with the log of a run that has ${input('debug', true)} if you can.`;

/** Kinds of failure whose causes may carry texts of servers and tools, and with them values of rows. */
const QUOTING_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['SQL', 'TOOL_FAILED', 'VERIFICATION']);

/** Of a title, in characters: GitHub shows one line of it. */
const TITLE_LENGTH = 120;

/** Of the message, and of the next step. */
const LINES_SHOWN = 200;

/** A stack begins with the message, whose lines must not pass for frames. */
const STACK_FRAME = /^at .*(?::\d+:\d+|<anonymous>|native)\)?$/;

/** What a run says about the error that ended it, in the words of a surface. Never throws, whatever was thrown. */
export function failureReport(error: unknown, wording: Wording = inWorkflow): FailureReport {
  if (error instanceof PhaseliftError) {
    return {
      code: error.code,
      message: lines(shown(error.messageText, wording)).join('\n'),
      object: error.object ?? null,
      sqlState: error.sqlState ?? null,
      hint: error.hintText === undefined ? null : shown(error.hintText, wording),
    };
  }
  const nothingElse = { object: null, sqlState: null };
  if (isError(error) && error.name === 'AbortError') {
    return { code: 'CANCELLED', message: 'the run was cancelled', ...nothingElse, hint: null };
  }
  return {
    code: 'INTERNAL',
    message: `unexpected error: ${describe(error)}`,
    ...nothingElse,
    hint: shown(REPORT_IT, wording),
  };
}

/**
 * For the error annotation and the end of the log: the message's lines, then the next step, whose further lines are text to
 * copy. Each line is safe; a long list never crowds out the next step.
 */
export function failureText(failure: FailureReport): string {
  const safe = (text: string): string[] => text.split('\n').map((line) => truncate(safeLine(line), 2000));
  const all = bounded(safe(failure.message));
  if (failure.hint !== null) all.push(...bounded(safe(`Next step: ${failure.hint}`)));
  return all.join('\n');
}

/** For the head of the error annotation, one safe line: `Phaselift: backup of app failed (SQL)`. */
export function failureTitle(
  { code }: FailureReport,
  { mode, database }: Pick<RunReport, 'mode' | 'database'>,
): string {
  const work = `${mode === '' ? 'the run' : mode}${database === '' ? '' : ` of ${database}`}`;
  const end = code === 'CANCELLED' ? 'was cancelled' : `failed (${code})`;
  // What is cut off is the name, and not how it ended.
  return `${truncate(safeLine(`Phaselift: ${work}`), TITLE_LENGTH - end.length - 1)} ${end}`;
}

function bounded(all: readonly string[]): string[] {
  if (all.length <= LINES_SHOWN) return [...all];
  return [...all.slice(0, LINES_SHOWN - 1), `… and ${formatExact(all.length - LINES_SHOWN + 1)} more lines`];
}

/**
 * Where the error came from, for the debug log: names, codes and stack frames of the error and its causes. Messages of
 * causes are left out where they may quote rows.
 */
export function failureTrace(error: unknown): string[] {
  const trace: string[] = [];
  const quoting = error instanceof PhaseliftError && QUOTING_CODES.has(error.code);
  let current: unknown = error;
  for (let depth = 0; depth < 8 && isError(current); depth++) {
    const open = !quoting || current instanceof PhaseliftError;
    trace.push(`${depth === 0 ? '' : 'caused by '}${open ? describe(current) : nameOf(current)}`);
    trace.push(...lines(current.stack ?? '').filter((line) => STACK_FRAME.test(line)));
    current = current.cause;
  }
  return trace;
}

/** Errors of several tries (AggregateError) have an empty message; the first one inside tells more. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0) {
    return describe(error.errors[0]);
  }
  if (!isError(error)) return typeof error === 'string' ? lines(error).join(' ') : `a ${typeof error} was thrown`;
  const message = lines(error.message).join(' ');
  return message === '' ? nameOf(error) : `${nameOf(error)}: ${message}`;
}

/** Errors of other realms, and DOMException in some, are not instances of our Error. */
function isError(value: unknown): value is Error {
  if (value instanceof Error) return true;
  if (typeof value !== 'object' || value === null || !('name' in value) || !('message' in value)) return false;
  return typeof value.name === 'string' && typeof value.message === 'string';
}

/** `TypeError`, or `Error ECONNRESET` where the system gave a code. */
function nameOf(error: Error): string {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? `${error.name} ${code}` : error.name;
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
