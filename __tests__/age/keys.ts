import { generateIdentity, identityToRecipient } from 'age-encryption';

/** A pair of keys that nobody else has. */
export interface KeyPair {
  identity: string;
  recipient: string;
}

export async function newKeys(): Promise<KeyPair> {
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}
