import { beforeAll, describe, expect, test } from '@jest/globals';
import { secretsOf } from '../../src/inputs/secrets.js';
import { newKeys, type KeyPair } from '../age/keys.js';
import { backup, BACKUP, faultOf, given, restore, RESTORE, s3Of } from './given.js';
import { readSettings } from '../../src/inputs/read-settings.js';

let one: KeyPair;
let other: KeyPair;

beforeAll(async () => {
  [one, other] = await Promise.all([newKeys(), newKeys()]);
});

test('recipients are taken with comments and blank lines, each once', () => {
  const text = `# production\n${one.recipient}\n\n  ${other.recipient}  \n${one.recipient}`;
  expect(s3Of(backup({ 'encrypt-to': text })).keys).toEqual({
    recipients: [one.recipient, other.recipient],
    identities: [],
  });
});

test('identities are taken as age-keygen writes them', () => {
  const text = `# created: 2026-11-28T00:00:00Z\n# public key: ${one.recipient}\n${one.identity}\n`;
  expect(s3Of(restore({ 'decrypt-with': text })).keys).toEqual({ recipients: [], identities: [one.identity] });
});

test('keys that a mode does not use are left alone', () => {
  expect(s3Of(backup({ 'decrypt-with': one.identity })).keys.identities).toEqual([]);
  expect(s3Of(restore({ 'encrypt-to': one.recipient })).keys.recipients).toEqual([]);
});

test('a backup that is restored at once needs the identity as well', () => {
  const all = { ...BACKUP, ...RESTORE, mode: 'all', 'backup-name': 'one', 'encrypt-to': one.recipient };
  expect(faultOf(() => readSettings(given(all)))).toContain('`decrypt-with` is missing');
  expect(s3Of(readSettings(given({ ...all, 'decrypt-with': one.identity }))).keys).toEqual({
    recipients: [one.recipient],
    identities: [one.identity],
  });
});

test('a backup into a directory is not encrypted, and says so', () => {
  const fault = faultOf(() => backup({ 's3-bucket': '', 'local-directory': '/backups', 'encrypt-to': one.recipient }));
  expect(fault).toContain('only what goes to S3 is encrypted');
});

describe('a key is refused:', () => {
  test.each([
    ['age1nothing', 'not a public key of age'],
    ['ssh-ed25519 AAAA', 'a key of SSH'],
    ['# only a comment', 'no key in it'],
  ])('recipient %s', (text, why) => {
    const fault = faultOf(() => backup({ 'encrypt-to': text }));
    expect(fault).toContain('`encrypt-to`');
    expect(fault).toContain(why);
  });

  test('a secret key in place of a public one, which is not quoted', () => {
    const fault = faultOf(() => backup({ 'encrypt-to': one.identity }));
    expect(fault).toContain('this is a secret key');
    expect(fault).not.toContain(one.identity);
  });

  test('too many of them', async () => {
    const many = await Promise.all(Array.from({ length: 21 }, newKeys));
    const fault = faultOf(() => backup({ 'encrypt-to': many.map(({ recipient }) => recipient).join('\n') }));
    expect(fault).toContain('21 keys are too many');
  });

  test('identities, of which nothing is quoted', () => {
    const broken = `${one.identity.slice(0, -1)}${one.identity.endsWith('Q') ? 'P' : 'Q'}`;
    const texts = [broken, `${one.identity}\n${one.recipient}`, 'AGE-PLUGIN-YUBIKEY-1Q', 'hunter2-hunter2'];
    const faults = texts.map((text) => faultOf(() => restore({ 'decrypt-with': text })));
    expect(faults.map((fault) => /key \d is (?:not a secret key|a public key|of a plugin)/.exec(fault)?.[0])).toEqual([
      'key 1 is not a secret key',
      'key 2 is a public key',
      'key 1 is of a plugin',
      'key 1 is not a secret key',
    ]);
    for (const [at, fault] of faults.entries()) expect(fault).not.toContain(texts[at]);
    expect(faultOf(() => restore({ 'decrypt-with': '-----BEGIN AGE ENCRYPTED FILE-----' }))).toContain('passphrase');
  });
});

test('identities are masked, one line at a time', () => {
  const secrets = secretsOf(given({ 'decrypt-with': `# mine\n${one.identity}\n${other.identity}` }));
  expect(secrets).toEqual(expect.arrayContaining([one.identity, other.identity]));
});
