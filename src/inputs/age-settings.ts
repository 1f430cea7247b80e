/** From the inputs that hold keys of age to those of a store. */
import type { AgeKeys } from '../age/keys.js';
import { INPUTS } from './input-table.js';
import type { InputReader } from './reader.js';
import { FROM_SOURCE, READING } from './settings.js';

/** As far as the mode uses them. Reports what is written for somebody who is to restore it at once, and cannot. */
export function readKeys(reader: InputReader): AgeKeys {
  const mode = reader.value(INPUTS.mode);
  const has = (modes: typeof READING): boolean => mode !== null && modes.includes(mode);
  const recipients = has(FROM_SOURCE) ? reader.value(INPUTS.encryptTo) : [];
  const { value: identities, origin } = has(READING)
    ? reader.read(INPUTS.decryptWith)
    : { value: [], origin: { from: 'default' } };
  if (mode === 'all' && recipients.length > 0 && origin.from === 'default') {
    reader.missing(INPUTS.decryptWith, 'an identity of one of the recipients, as the backup is restored at once');
  }
  return { recipients, identities };
}
