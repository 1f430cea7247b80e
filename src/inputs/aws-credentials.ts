/** From the inputs of AWS, keys or a role, to what opens the store. */
import { input, joined, phrase } from '../foundation/text.js';
import type { AwsKeys, AwsRole, S3Settings } from '../store/s3/settings.js';
import { INPUTS } from './input-table.js';
import type { InputReader } from './reader.js';

/**
 * Keys or a role; null is the SDK's default chain. A role that an input names comes before keys of the environment, where
 * another step may have left some; one of the environment comes after them, as configure-aws-credentials and the like leave both.
 */
export function readCredentials(reader: InputReader): S3Settings['credentials'] {
  const isNamed = reader.originOf(INPUTS.awsRole).from === 'input';
  if (isNamed) {
    refuseKeys(reader);
    return readRole(reader);
  }
  return readKeys(reader) ?? roleOfEnvironment(reader);
}

function refuseKeys(reader: InputReader): void {
  const keys = [INPUTS.awsAccessKeyId, INPUTS.awsSecretAccessKey, INPUTS.awsSessionToken].filter(
    (one) => reader.originOf(one).from === 'input',
  );
  if (keys.length === 0) return;
  const names = joined(
    keys.map((one) => reader.name(one)),
    ', ',
  );
  reader.wrong(INPUTS.awsRole, phrase`it stands in place of keys, and ${names} is given too: keep one or the other`);
}

function readRole(reader: InputReader): AwsRole | null {
  const arn = reader.value(INPUTS.awsRole);
  const durationSeconds = reader.value(INPUTS.awsRoleDuration) / 1000;
  const tokenRequest = tokenRequestOf(reader);
  if (tokenRequest === null) {
    reader.wrong(
      INPUTS.awsRole,
      phrase`the job may not ask for the token that AWS wants to see: add \`permissions: id-token: write\` to the job or the workflow, or to the job that calls this workflow (outside of GitHub Actions give ${input('aws-access-key-id')} and ${input('aws-secret-access-key')}, or a profile of AWS)`,
    );
  }
  return arn === null || tokenRequest === null ? null : { roleArn: arn, durationSeconds, tokenRequest };
}

/** AWS_ROLE_ARN alone. With a file of a token (in Kubernetes, say) the SDK's own chain takes the role. */
function roleOfEnvironment(reader: InputReader): AwsRole | null {
  if (reader.read(INPUTS.awsRole).value === null) return null;
  const hasFile = (reader.given.env['AWS_WEB_IDENTITY_TOKEN_FILE'] ?? '') !== '';
  return tokenRequestOf(reader) === null || hasFile ? null : readRole(reader);
}

/** What the runner tells the steps of a job that has `id-token: write`. */
function tokenRequestOf({ given: { env } }: InputReader): AwsRole['tokenRequest'] | null {
  const [url = '', token = ''] = [env['ACTIONS_ID_TOKEN_REQUEST_URL'], env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']];
  return URL.canParse(url) && token !== '' ? { url, token } : null;
}

function readKeys(reader: InputReader): AwsKeys | null {
  const id = reader.read(INPUTS.awsAccessKeyId);
  const key = reader.read(INPUTS.awsSecretAccessKey);
  const token = reader.read(INPUTS.awsSessionToken);
  if (id.value !== null && key.value !== null) {
    // A token belongs to its key: one that another step left in the environment does not fit the key of an input.
    const fits = token.origin.from !== 'environment' || id.origin.from === 'environment';
    return { accessKeyId: id.value, secretAccessKey: key.value, sessionToken: fits ? token.value : null };
  }
  if (id.value !== null) reader.missing(INPUTS.awsSecretAccessKey, phrase`the secret of ${input('aws-access-key-id')}`);
  else if (key.value !== null)
    reader.missing(INPUTS.awsAccessKeyId, phrase`the id of ${input('aws-secret-access-key')}`);
  else if (token.origin.from === 'input')
    reader.missing(INPUTS.awsAccessKeyId, phrase`the key of ${input('aws-session-token')}`);
  return null;
}
