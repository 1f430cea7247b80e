/** The part of a manifest that is encrypted together with its archive: all that tells of the contents. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { decrypt, encrypt } from '../age/small-file.js';
import { ENCRYPTION, type Manifest, type SealedManifest } from './manifest.js';
import { MAX_MANIFEST_BYTES } from './manifest-bound.js';
import { damagedSeal, openedText, parseStored } from './manifest-text.js';
import { notOpened } from './not-opened.js';

/** The manifest of an archive that has so many bytes once it is encrypted. */
export async function sealManifest(
  { summary, archive, map, source, forRestore }: Manifest,
  sizeBytes: number,
  recipients: readonly string[],
): Promise<SealedManifest> {
  // Compressed, it is not longer in base64 than it was, and the bound of a manifest holds.
  const inside = await promisify(gzip)(JSON.stringify({ map, source }));
  return {
    format: 2,
    summary: { ...summary, sizeBytes, encryption: ENCRYPTION },
    archive: { ...archive, sizeBytes, plainBytes: archive.sizeBytes },
    sealed: (await encrypt(inside, recipients)).toString('base64'),
    ...(forRestore === undefined ? {} : { forRestore }),
  };
}

/**
 * The text of a manifest with all that is in it. What is not encrypted stays as it is, and so does what is when there is no identity:
 * whoever needs what is inside is told then. Throws INPUT when no identity fits, and MANIFEST for what is damaged.
 */
export async function openManifest(text: string, uri: string, identities: readonly string[]): Promise<string> {
  if (identities.length === 0 || !text.includes('"sealed"')) return text;
  const stored = parseStored(text, uri);
  if (!('sealed' in stored)) return text;
  const inside = await decrypt(Buffer.from(stored.sealed, 'base64'), identities);
  if (inside === 'no identity') throw notOpened(`the manifest ${uri}`, identities);
  if (inside === 'damaged') throw damagedSeal(uri);
  try {
    return openedText(stored, (await promisify(gunzip)(inside, { maxOutputLength: MAX_MANIFEST_BYTES })).toString());
  } catch {
    throw damagedSeal(uri);
  }
}
