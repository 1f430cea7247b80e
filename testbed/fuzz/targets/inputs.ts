/** Inputs of the action and variables of the environment, which people give, and workflows of strangers. */
import { PhaseliftError } from '../../../src/foundation/errors.js';
import { actionInputs } from '../../../src/inputs/given-inputs.js';
import { ALL_INPUTS } from '../../../src/inputs/input-table.js';
import { readSettings } from '../../../src/inputs/read-settings.js';
import { secretsOf } from '../../../src/inputs/secrets.js';
import { MODES } from '../../../src/inputs/settings.js';
import { finding, type FuzzTarget } from '../fuzz-target.js';
import { expectUnpolluted } from '../outcome.js';

/** Between two of `name=value`. */
const END = '\0';
/** Where it stands in a secret and nowhere else, no message may have it. */
const SECRET = 'Hunter2Hunter2';

/** The form that the target reads: inputs by their names, variables by theirs. */
export function inputText(given: Readonly<Record<string, string>>): string {
  return Object.entries(given)
    .map(([name, value]) => `${name}=${value}${END}`)
    .join('');
}

export const inputs: FuzzTarget = {
  tokens: [
    ...ALL_INPUTS.flatMap(({ name, env }) => [`${name}=`, ...env.map((variable) => `${variable}=`)]),
    ...MODES,
    ...['latest', 'true', 'false', 'auto'],
    ...[
      'postgres://u:p@h:5432/d?sslmode=require',
      'postgresql:///?host=/run',
      '?options=-c%20x%3Dy',
      '%00',
      '%zz',
      '[::1]',
      SECRET,
    ],
    ...[
      's3://bucket/a/b.dump',
      'https://s3.example',
      'arn:aws:iam::123456789012:role/x',
      '64MB',
      '5h30m',
      'zstd:3',
      '-Fc',
      '--format=plain',
    ],
    ...[
      '--jobs',
      '-n',
      'app.*',
      'INDEX app.i',
      'a=b',
      '-----BEGIN CERTIFICATE-----\n',
      '\ufeff',
      '\u2028',
      '\ud800',
      "'",
      '"',
      '\\',
      '$(',
      '`',
    ],
    END,
  ],
  run,
};

function run(bytes: Buffer): void {
  const env: Record<string, string> = {};
  const names = new Set(ALL_INPUTS.map(({ name }) => name));
  const secretNames = new Set(
    ALL_INPUTS.filter(({ secret }) => secret).flatMap(({ name, env: variables }) => [name, ...variables]),
  );
  let isOpen = false;
  for (const part of bytes.toString().split(END)) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    const [name, value] = [part.slice(0, at), part.slice(at + 1)];
    env[names.has(name) ? `INPUT_${name.toUpperCase()}` : name] = value;
    if (!secretNames.has(name) && part.includes(SECRET)) isOpen = true;
  }
  const given = actionInputs(env);
  if (secretsOf(given).some((secret) => secret.trim() === '')) finding('an empty secret, which would mask everything');
  try {
    readSettings(given);
  } catch (error) {
    if (!(error instanceof PhaseliftError) || error.code !== 'INPUT') throw error;
    if (!isOpen && error.message.includes(SECRET)) finding(`a secret in a message: ${error.message}`);
    // eslint-disable-next-line no-control-regex -- they could forge lines of a log
    if (/[\x00-\x09\x0b-\x1f]/.test(error.message))
      finding(`control characters in a message: ${JSON.stringify(error.message)}`);
  }
  expectUnpolluted();
}
