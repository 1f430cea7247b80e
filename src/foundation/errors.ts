import { inWorkflow, phrase, shown, type Text } from './text.js';

/** Stable codes of the failures that Phaselift reports; documented in docs/operations.md. */
export type ErrorCode =
  | 'INPUT' // wrong or missing inputs
  | 'ARCHIVE_FORMAT' // not an archive that we know
  | 'ARCHIVE_TRUNCATED' // the archive ends too early
  | 'ARCHIVE_DAMAGED' // bytes differ from the manifest's digests
  | 'MANIFEST' // not JSON, newer format, or not of this archive
  | 'BACKUP_EXISTS'
  | 'BACKUP_NOT_FOUND'
  | 'STORE' // the store refused or failed
  | 'STORE_FULL' // the archive outgrew its parts
  | 'TOOLS' // no usable pg_dump, pg_restore or psql
  | 'TOOL_FAILED' // a tool ended with an error
  | 'CONNECTION' // server not reachable, login refused
  | 'CHECKS' // one or more checks before any work failed
  | 'TARGET_NOT_EMPTY'
  | 'TARGET_BUSY' // another restore is at work
  | 'SQL' // the server refused a statement
  | 'VERIFICATION'
  | 'CANCELLED'
  | 'DECLINED' // a question was answered no
  | 'INTERNAL';

/** What a failure carries besides its code and its message. */
export interface ErrorDetails {
  /** What to do next, one sentence. */
  hint?: Text | undefined;
  /** The database object, input or file the failure is about. */
  object?: string | undefined;
  /** Five-character SQLSTATE, when a server said it. */
  sqlState?: string | undefined;
  /** The message without what stands before it to say which tool failed and how; to be told inside of another message. */
  reason?: string | undefined;
  /** It may pass by itself, so that the same work is worth another attempt. */
  passes?: boolean | undefined;
  cause?: unknown;
}

/**
 * The one error type that reaches users. `message` is one line that names what failed and why; `hint` says what to do. Both are
 * in the words of a workflow; `messageText` and `hintText` are for surfaces with words of their own.
 */
export class PhaseliftError extends Error {
  readonly code: ErrorCode;
  readonly messageText: Text;
  readonly hint: string | undefined;
  readonly hintText: Text | undefined;
  readonly object: string | undefined;
  readonly sqlState: string | undefined;
  /** Why, in the words of a workflow: the message, or the part of it that says no more than that. */
  readonly reason: string;
  /** It may pass by itself, so that the same work is worth another attempt. */
  readonly passes: boolean;

  constructor(code: ErrorCode, message: Text, details: ErrorDetails = {}) {
    super(shown(message, inWorkflow), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PhaseliftError';
    this.code = code;
    this.messageText = message;
    this.hint = details.hint === undefined ? undefined : shown(details.hint, inWorkflow);
    this.hintText = details.hint;
    this.object = details.object;
    this.sqlState = details.sqlState;
    this.reason = details.reason ?? this.message;
    this.passes = details.passes ?? false;
  }
}

/** The message of anything thrown, in one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/** The same with the mentions of inputs that are in it, to be told inside of another text. */
export function textOf(error: unknown): Text {
  return error instanceof PhaseliftError && !error.message.includes('\n') ? error.messageText : messageOf(error);
}

/**
 * Puts the name of the archive into an error that the reader of archives has thrown: the reader sees bytes only and does not
 * know where they come from. An error that names the archive already is returned as it is.
 */
export function ofArchive(uri: string, error: PhaseliftError): PhaseliftError {
  if (error.message.includes(uri)) return error;
  const { code, messageText, hintText, cause } = error;
  return new PhaseliftError(code, phrase`${uri}: ${messageText}`, { object: uri, hint: hintText, cause });
}
