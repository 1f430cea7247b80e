/** The token by which a cloud knows the job of a workflow (OpenID Connect). */
import * as z from 'zod';
import { PhaseliftError } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import { phrase, plain } from '../../foundation/text.js';
import { factsOf, isTransient } from './error-facts.js';
import { withRetries } from './retries.js';
import type { TokenRequest } from './settings.js';

/** Whom the token is for, as AWS and GitHub have agreed. */
export const AUDIENCE = 'sts.amazonaws.com';

const ANSWER_TIMEOUT_MS = 10_000;
const RETRIES = 4;
/** In characters, of what is shown. */
const LONGEST_CLAIM = 300;
const answerSchema = z.object({ value: z.string().min(1) });

/**
 * Asks the runner for a new token. Not by getIDToken of @actions/core: that one waits three minutes for an answer, does not
 * try lost connections again, and writes to stdout, where the command line has its results.
 *
 * @throws PhaseliftError STORE
 */
export async function runnerToken(request: TokenRequest, log: Logger): Promise<string> {
  log.hide(request.token);
  try {
    const token = await withRetries(() => ask(request), {
      maxRetries: RETRIES,
      onRetry: (error) => {
        log.debug(`the runner gave no token, trying again: ${reasonOf(error)}`);
      },
    });
    log.hide(token);
    return token;
  } catch (error) {
    throw new PhaseliftError('STORE', `the runner gives no token for this job: ${reasonOf(error)}`, {
      hint: isTransient(error)
        ? "Look at the runner's connection to GitHub, and run it again."
        : phrase`The right to ask for tokens ends with the job, or a little over six hours after its start: run it again, in parts of at most six hours (${plain('time-limit')}).`,
      object: 'aws-role',
      cause: error,
    });
  }
}

async function ask({ url, token }: TokenRequest): Promise<string> {
  const address = new URL(url);
  address.searchParams.set('audience', AUDIENCE);
  const answer = await fetch(address, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  }).catch((cause: unknown) => {
    // As the SDK's own errors are, so that one place says which of them may pass.
    throw Object.assign(new Error(reasonOf(cause), { cause }), { $retryable: {} });
  });
  if (!answer.ok) {
    await answer.body?.cancel();
    throw Object.assign(new Error(`HTTP ${answer.status}`), { $metadata: { httpStatusCode: answer.status } });
  }
  const parsed = answerSchema.safeParse(await answer.json().catch(() => null));
  if (!parsed.success) throw new Error('its answer holds none');
  return parsed.data.value;
}

/** `fetch failed` says nothing; what caused it does. */
function reasonOf(error: unknown): string {
  const { systemCode, name, message } = factsOf(error);
  if (name === 'TimeoutError') return 'no answer in time';
  return systemCode === '' ? message : systemCode;
}

/** What AWS compares with its identity provider and with the role's trust policy. */
export interface TokenClaims {
  issuer: string;
  subject: string;
}

/** Of a token; no secrets, but texts from outside. Or null. */
export function claimsOf(token: string): TokenClaims | null {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { iss, sub } = z.object({ iss: z.string(), sub: z.string() }).parse(JSON.parse(payload));
    return { issuer: iss.slice(0, LONGEST_CLAIM), subject: sub.slice(0, LONGEST_CLAIM) };
  } catch {
    return null;
  }
}
