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
  hint?: string | undefined;
  /** The database object, input or file the failure is about. */
  object?: string | undefined;
  /** Five-character SQLSTATE, when a server said it. */
  sqlState?: string | undefined;
  cause?: unknown;
}

/**
 * The one error type that reaches users. `message` is one line that names what failed and why; `hint` says what to do.
 */
export class PhaseliftError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly object: string | undefined;
  readonly sqlState: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PhaseliftError';
    this.code = code;
    this.hint = details.hint;
    this.object = details.object;
    this.sqlState = details.sqlState;
  }
}

/** The message of anything thrown, in one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/** The reader of archives knows bytes only: its error with the name of the archive, unless that is in it already. */
export function ofArchive(uri: string, error: PhaseliftError): PhaseliftError {
  if (error.message.includes(uri)) return error;
  const { code, message, hint, cause } = error;
  return new PhaseliftError(code, `${uri}: ${message}`, { object: uri, hint, cause });
}
