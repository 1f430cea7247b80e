/** What an error of the SDK says, read without trusting its shape: services and network errors look different. */
export interface ErrorFacts {
  /** S3's error code (`NoSuchBucket`), or the class of the error. */
  name: string;
  /** The system's code (`ECONNREFUSED`), or empty. */
  systemCode: string;
  /** HTTP status, or null when no answer came. */
  status: number | null;
  /** How often the request was tried. */
  attempts: number;
  message: string;
}

export function factsOf(error: unknown): ErrorFacts {
  const metadata = member(error, '$metadata');
  const status = member(metadata, 'httpStatusCode');
  const attempts = member(metadata, 'attempts');
  const text = (name: string) => {
    const value = member(error, name);
    return typeof value === 'string' ? value : '';
  };
  return {
    // Answers to HEAD have no body, and so no code but the status.
    name: text('Code') === '' ? text('name') : text('Code'),
    systemCode: text('code') === '' ? causeCode(error) : text('code'),
    status: typeof status === 'number' ? status : null,
    attempts: typeof attempts === 'number' ? attempts : 1,
    message: error instanceof Error ? error.message : String(error),
  };
}

/** True for what a later attempt may not meet again: lost connections, overload, faults of the server. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || error.name === 'AbortError') return false;
  const { name, systemCode, status } = factsOf(error);
  // The SDK's own mark of what its retries take.
  if (member(error, '$retryable') !== undefined) return true;
  return PASSING_STATUS.has(status) || PASSING_NAMES.has(name) || PASSING_CODES.has(systemCode);
}

/** Overload, and faults of the server. */
const PASSING_STATUS: ReadonlySet<number | null> = new Set([429, 500, 502, 503, 504]);
/** S3's codes for the same, which some stores send with other statuses; and the SDK's name for a connection that stands still. */
const PASSING_NAMES: ReadonlySet<string> = new Set([
  ...[
    'SlowDown',
    'RequestLimitExceeded',
    'BandwidthLimitExceeded',
    'RequestThrottled',
    'Throttling',
    'ThrottlingException',
  ],
  ...['RequestTimeout', 'InternalError', 'ServiceUnavailable', 'TimeoutError'],
]);
/** The system's, of connections that broke off or did not come about. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** The object is not there (and not: the bucket is not there). */
export function isMissing(error: unknown): boolean {
  const { name, status } = factsOf(error);
  return status === 404 && name !== 'NoSuchBucket';
}

/** A condition (`If-Match`, `If-None-Match`) did not hold, or two writers met. */
export function isConditionFailure(error: unknown): boolean {
  return factsOf(error).status === 412 || isConflict(error);
}

/** Two writers met. Neither need have won: whoever looks again may find the condition true. The names are AWS's, Ceph's, none. */
export function isConflict(error: unknown): boolean {
  const { name, status } = factsOf(error);
  return status === 409 && ['ConditionalRequestConflict', 'ConcurrentModification', 'UnknownError'].includes(name);
}

/** The store has not looked at the condition: it does not know such a header, and says so in one way or another. */
export function isUnknownCondition(error: unknown): boolean {
  const { status, message, name } = factsOf(error);
  return status === 501 || (status === 400 && /if-?(?:none-?)?match|condition/i.test(`${name} ${message}`));
}

function causeCode(error: unknown): string {
  const cause = member(error, 'cause');
  const code = member(cause, 'code');
  return typeof code === 'string' ? code : '';
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
