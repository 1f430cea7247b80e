import { constants } from 'node:os';
import { PhaseliftError, type ErrorCode } from '../foundation/errors.js';
import { phrase, plain, type Text } from '../foundation/text.js';
import { connectionFailure, type Side } from './connection-failure.js';
import { codeHint } from './error-hint.js';
import { objectOf, safeServerMessage } from './safe-message.js';
import { parseServerError } from './server-error.js';

/** What is known of a tool that did not end well. */
export interface ExitFacts {
  tool: string;
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  /** The database it was connected to; null for a tool that connects to none. */
  side: Side | null;
  /** The container that it ran in, where that does not run any more. */
  lostContainer?: string;
}

export interface ExitMessage {
  code: ErrorCode;
  /** One line, free of values of rows. */
  message: string;
  /** The message without how the tool ended, where that says nothing: psql has stopped at a statement that failed. */
  reason: string | undefined;
  hint: Text | undefined;
  sqlState: string | undefined;
  object: string | undefined;
  /** The same may work later: see PhaseliftError. */
  passes: boolean;
}

/** SQLSTATEs of work that was given up for the sake of other work, or for want of what others have in use. */
const PASSING_STATES: ReadonlySet<string> = new Set([
  '40001',
  '40P01',
  '53200',
  '53300',
  '55P03',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
]);

/** With ON_ERROR_STOP psql ends so at the first statement that fails. */
const STATEMENT_FAILED = 3;

/** Parts of a server's report, whose head is not there: the end of a long text, or of a notice. */
const REPORT_PARTS = /^(?:DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION|LINE \d+): /m;

/** Pure: from what is known of an end to what a user should read. */
export function exitMessage(facts: ExitFacts): ExitMessage {
  const { tool, stderr, side } = facts;
  const because = (words: string): Pick<ExitMessage, 'message' | 'reason'> => ({
    message: `${tool} failed (${howItEnded(facts)}): ${words}`,
    reason: tool === 'psql' && facts.code === STATEMENT_FAILED ? words : undefined,
  });
  const nothing = { reason: undefined, hint: undefined, sqlState: undefined, object: undefined, passes: false };

  if (facts.lostContainer !== undefined) {
    const reason = `the ${facts.lostContainer} is not running any more`;
    const message = `${tool} failed (${howItEnded(facts)}): ${reason}`;
    const hint = phrase`Somebody or the system has ended it. Start one again (${plain('pg-container')}), then run again: a restore goes on from its last commit.`;
    return { ...nothing, code: 'TOOLS', message, reason, hint };
  }
  if (facts.code === 127 || facts.code === 126) {
    const message = `${tool} could not be started: ${lastLine(stderr) ?? `exit ${facts.code}`}`;
    return {
      ...nothing,
      code: 'TOOLS',
      message,
      hint: 'Check that the PostgreSQL client tools are still where they were.',
    };
  }
  const connection = side === null ? null : connectionFailure(stderr, side);
  if (connection !== null) {
    const leadIn = ownWords(tool, stderr, { before: 'server' });
    // The tool's own error line is either the failure itself or what the tool was at when it happened.
    const isItself =
      leadIn === null ||
      /^(?:connection|could not connect) to /.test(leadIn) ||
      connection.message.startsWith(leadIn) ||
      leadIn.includes(connection.message);
    const message = isItself ? connection.message : `${leadIn}: ${connection.message}`;
    return { ...nothing, code: 'CONNECTION', ...because(message), hint: connection.hint, passes: connection.passes };
  }
  if (/server version mismatch/.test(stderr)) {
    const hint = phrase`Use client tools of at least the server’s major version: install them, or set ${plain('pg-image')} or ${plain('pg-container')}.`;
    return { ...nothing, code: 'TOOLS', ...because(ownWords(tool, stderr) ?? ''), hint };
  }
  const server = parseServerError(stderr);
  if (server !== null) {
    const said = safeServerMessage(server);
    const leadIn = ownWords(tool, stderr, { before: 'server' });
    return {
      code: tool === 'psql' ? 'SQL' : 'TOOL_FAILED',
      ...because(leadIn === null ? said : `${leadIn}: ${said}`),
      hint: side === null ? undefined : codeHint(server, side),
      sqlState: server.sqlState ?? undefined,
      object: objectOf(server) ?? undefined,
      passes: PASSING_STATES.has(server.sqlState ?? ''),
    };
  }
  const words = REPORT_PARTS.test(stderr)
    ? 'the server ended it in words that are not shown, as they may quote rows'
    : (ownWords(tool, stderr) ?? refusedOption(tool, stderr) ?? lastLine(stderr) ?? 'it gave no reason');
  // A session that ended without a word of the server; not one whose statement failed in too many words.
  const passes = tool === 'psql' && facts.code !== STATEMENT_FAILED;
  return { ...nothing, code: 'TOOL_FAILED', ...because(words), hint: signalHint(facts), passes };
}

/** The same as the error to throw. */
export function exitError(facts: ExitFacts): PhaseliftError {
  const { code, message, ...details } = exitMessage(facts);
  return new PhaseliftError(code, message, details);
}

function howItEnded(facts: ExitFacts): string {
  const signal = signalOf(facts);
  if (signal !== null) return `killed by ${signal}`;
  return facts.code === null ? 'no exit code' : `exit ${facts.code}`;
}

/** In a container the shell of the lifeline reports an end by signal N as 128 + N. */
function signalOf({ code, signal }: ExitFacts): string | null {
  if (signal !== null) return signal;
  if (code === null || code <= 128) return null;
  const known = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return known?.[0] ?? null;
}

function signalHint(facts: ExitFacts): string | undefined {
  const signal = signalOf(facts);
  if (signal === null) return undefined;
  return signal === 'SIGKILL'
    ? 'Somebody or the system ended it: most often it ran out of memory.'
    : 'Somebody or the system ended it: run it again.';
}

/**
 * `pg_dump: error: …` without the prefix, and the details of it. With `before: 'server'` only the phrase that leads over to
 * what a server said.
 */
function ownWords(tool: string, stderr: string, only: { before?: 'server' } = {}): string | null {
  const lines = stderr.split(/\r?\n/);
  const start = `${tool}: error: `;
  const error = lines
    .find((line) => line.startsWith(start))
    ?.slice(start.length)
    .trim();
  if (error === undefined) return null;
  if (only.before === 'server') return /^query failed: /.test(error) ? null : error.replace(/[.:]$/, '');
  const details = lines
    .filter((line) => line.startsWith(`${tool}: detail: `))
    .map((line) => line.slice(`${tool}: detail: `.length))
    .filter((line) => !/^(?:Error message from server|Command was|Query was): /.test(line));
  return [error, ...details].join('; ');
}

/** What the C library says of an option that the tool does not know, before the tool itself only advises `--help`. */
function refusedOption(tool: string, stderr: string): string | null {
  const start = new RegExp(`^(?:.*/)?${tool}: (?=unrecognized option)`);
  const line = stderr.split(/\r?\n/).find((one) => start.test(one));
  return line?.replace(start, '').trim() ?? null;
}

function lastLine(stderr: string): string | null {
  return stderr.trimEnd().split('\n').at(-1)?.trim() || null;
}
