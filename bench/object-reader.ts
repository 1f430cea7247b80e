import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeProgram, PROJECT_DIRECTORY } from '../testbed/places.js';
import { REGION, type StoreLogin } from './workbench.js';

/** The version that `aws --version` prints, or null where it is not installed or does not run. */
export async function awsVersion(): Promise<string | null> {
  try {
    const { stdout, stderr } = await promisify(execFile)('aws', ['--version']);
    return /aws-cli\/\S+/.exec(stdout + stderr)?.[0] ?? null;
  } catch {
    return null;
  }
}

/** What `aws` and our own reader need to reach the store; no configuration of the user's counts. */
export function storeEnvironment(s3: StoreLogin, endpoint = s3.endpoint): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: s3.accessKey,
    AWS_SECRET_ACCESS_KEY: s3.secretKey,
    AWS_SESSION_TOKEN: '',
    AWS_DEFAULT_REGION: REGION,
    AWS_REGION: REGION,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    BENCH_ENDPOINT: endpoint,
  };
}

/** A bash command that streams an object to stdout: by the aws CLI, or where there is none by one GET of the SDK. */
export function readCommand(aws: string | null, bucket: string, key: string): string {
  if (aws !== null) return `aws --endpoint-url "$BENCH_ENDPOINT" s3 cp --only-show-errors "s3://${bucket}/${key}" -`;
  const program = join(PROJECT_DIRECTORY, 'bench', 'get-object.ts');
  return `"${nodeProgram()}" --import tsx "${program}" "${bucket}" "${key}"`;
}
