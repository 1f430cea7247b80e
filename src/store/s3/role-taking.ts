/** Takes a role of AWS by the token of a workflow's job. */
import { fromWebToken } from '@aws-sdk/credential-provider-web-identity';
import { StandardRetryStrategy } from '@smithy/core/retry';
import { PhaseliftError } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import { phrase, plain, type Text } from '../../foundation/text.js';
import { factsOf, type ErrorFacts } from './error-facts.js';
import type { RoleIdentity } from './renewed-role.js';
import { AUDIENCE, runnerToken, claimsOf } from './runner-token.js';
import type { AwsRole } from './settings.js';

/** What AWS's own log (CloudTrail) calls us. */
const SESSION_NAME = 'phaselift';
const ATTEMPTS = 5;
const RETRY_BASE_MS = 1_000;
const TIMEOUT_MS = 10_000;
const MAX_MESSAGE_LENGTH = 300;
/** Of github.com; an Enterprise Server has its own, which its tokens name. */
const ISSUER = 'https://token.actions.githubusercontent.com';

/**
 * New credentials of the role. Whoever gets them must see to it that no two ask at once.
 *
 * @throws PhaseliftError STORE: it names the role, and what to look at
 */
export async function takeRole(role: AwsRole, region: string, log: Logger): Promise<RoleIdentity> {
  const token = await runnerToken(role.tokenRequest, log);
  const taken = await assume(role, region, token).catch((error: unknown) => {
    throw refusal(role, region, token, error);
  });
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = taken;
  for (const secret of [accessKeyId, secretAccessKey, sessionToken]) if (secret !== undefined) log.hide(secret);
  if (sessionToken === undefined || expiration === undefined) {
    throw new PhaseliftError('STORE', `cannot take the role ${role.roleArn}: what STS gave has no end`);
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration };
}

function assume({ roleArn, durationSeconds }: AwsRole, region: string, webIdentityToken: string) {
  const takeOver = fromWebToken({
    roleArn,
    roleSessionName: SESSION_NAME,
    webIdentityToken,
    durationSeconds,
    clientConfig: {
      region,
      retryStrategy: new StandardRetryStrategy({ maxAttempts: ATTEMPTS, baseDelay: RETRY_BASE_MS }),
      // Its own, not the store's: `s3-verify-ssl: false` is not meant for AWS.
      requestHandler: { connectionTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    },
  });
  return takeOver();
}

function refusal({ roleArn }: AwsRole, region: string, token: string, error: unknown): PhaseliftError {
  const facts = factsOf(error);
  const { text, hint } = reasonFor(facts, region, token);
  return new PhaseliftError('STORE', phrase`cannot take the role ${roleArn}: ${text} (${plain('aws-role')})`, {
    hint,
    object: 'aws-role',
    cause: error,
  });
}

function reasonFor({ name, systemCode, status, message }: ErrorFacts, region: string, token: string) {
  const said = message.replaceAll(token, '***').replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE_LENGTH);
  const reason = (text: Text, hint: Text) => ({ text, hint });
  if (status === null) {
    const code = systemCode === '' ? name : systemCode;
    return reason(`STS in ${region} does not answer: ${code}`, phrase`Check ${plain('s3-region')} and the network.`);
  }
  const claims = claimsOf(token);
  const issuer = claims?.issuer ?? ISSUER;
  const ours = claims === null ? '' : `, and the subject ${claims.subject}`;
  if (/^AccessDenied/.test(name)) {
    return reason(
      'STS says that this job may not (AccessDenied)',
      `Compare the role's trust policy with this job: it must allow sts:AssumeRoleWithWebIdentity to the provider ${issuer} with the audience ${AUDIENCE}${ours}.`,
    );
  }
  if (/^(?:InvalidIdentityToken|IDPRejectedClaim|ExpiredToken)/.test(name)) {
    return reason(
      `STS does not accept this job's token: ${name}: ${said}`,
      `Look in the role's account for the identity provider ${issuer} with the audience ${AUDIENCE}, and name it in the role's trust policy.`,
    );
  }
  if (/DurationSeconds/.test(said)) {
    return reason(
      said,
      phrase`Set ${plain('aws-role-duration')} to at most the role's maximum session duration, or raise that.`,
    );
  }
  return reason(
    `STS in ${region} answers ${name}: ${said}`,
    phrase`Check ${plain('aws-role')} and ${plain('s3-region')}.`,
  );
}
