/** Parsers of the inputs that hold keys of age. */
import { MOST_RECIPIENTS } from '../age/header.js';
import { isIdentity, isRecipient, keyLines } from '../age/keys.js';
import { input, phrase, type Text } from '../foundation/text.js';
import { bad, good, quoted, type Parsed } from './parser.js';

/** Public keys, one a line; comments and blank lines are passed over. */
export function recipients(text: string): Parsed<readonly string[]> {
  const keys = [...new Set(keyLines(text))];
  const faults = keys.filter((key) => !isRecipient(key)).map(recipientFault);
  if (faults.length > 0) return bad(...faults);
  if (keys.length > MOST_RECIPIENTS) return bad(`${keys.length} keys are too many: give ${MOST_RECIPIENTS} at most`);
  return keys.length > 0 ? good(keys) : bad('there is no key in it, only comments: write `age1…`, one a line');
}

function recipientFault(key: string): Text {
  // Whoever has mixed them up must not find the secret in a log.
  if (/AGE-SECRET-KEY|AGE-PLUGIN/i.test(key)) {
    return phrase`this is a secret key, which belongs into ${input('decrypt-with')}: give the public one, \`age-keygen -y\` shows it`;
  }
  if (key.startsWith('ssh-')) return `${quoted(key)} is a key of SSH: make one of age by \`age-keygen\``;
  return `${quoted(key)} is not a public key of age: write \`age1…\`, as \`age-keygen\` shows it`;
}

/** Secret keys, one a line, as `age-keygen` writes them; comments and blank lines are passed over. No fault quotes any of it. */
export function identities(text: string): Parsed<readonly string[]> {
  const lines = keyLines(text);
  if (lines[0]?.startsWith('-----BEGIN AGE') === true) {
    return bad('the key is protected by a passphrase, which nobody can be asked for: decrypt it by `age -d` first');
  }
  const faults = lines.flatMap((line, at) => (isIdentity(line) ? [] : [identityFault(line, at + 1)]));
  if (faults.length > 0) return bad(...faults);
  return lines.length > 0 ? good(lines) : bad('there is no key in it, only comments: write `AGE-SECRET-KEY-1…`');
}

function identityFault(line: string, number: number): Text {
  const which = `key ${number}`;
  if (line.startsWith('age1')) return `${which} is a public key: give the secret one, \`AGE-SECRET-KEY-1…\``;
  if (line.startsWith('AGE-PLUGIN'))
    return `${which} is of a plugin of age, which cannot be asked here: use one that \`age-keygen\` made`;
  return `${which} is not a secret key of age: copy the line \`AGE-SECRET-KEY-1…\` whole`;
}
