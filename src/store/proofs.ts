/** Where proofs are, and what of them counts. */
import { PhaseliftError } from '../foundation/errors.js';
import type { Logger } from '../foundation/logger.js';
import type { BackupRef, StoredBackup } from './backup-catalogue.js';
import { proofKeyOf } from './names.js';
import type { ObjectRef, ObjectStore } from './object-store.js';
import { MAX_PROOF_BYTES, parseProof, proves, type Proof } from './proof.js';
import type { Store } from './store.js';

/** What is read from, and who is told of what is no proof. */
export interface ProofReading {
  readonly objects: Pick<ObjectStore, 'readText'>;
  readonly logger: Logger;
}

/** Where the proof of a backup is or would be. Pure. */
export function proofRefOf({ manifest }: BackupRef): ObjectRef {
  const key = proofKeyOf(manifest.key);
  return { key, uri: manifest.uri.slice(0, -manifest.key.length) + key };
}

/** The same backup with its proof, where there is one of this very backup. Throws STORE when that cannot be known. */
export async function withProof(backup: StoredBackup, reading: ProofReading): Promise<StoredBackup> {
  const { state, summary, ref } = backup;
  if (state !== 'complete' || summary === null) return backup;
  const proof = await readProof(proofRefOf(ref), reading);
  return proof !== null && proves(proof, summary) ? { ...backup, proof } : backup;
}

type NewestOf = Pick<Store, 'backups' | 'objects'>;

/** Proofs that are looked at for one that can be read. */
const LOOKED_AT = 5;

/** The proof in a database's folder that was written last, of whichever of its backups; null without one. */
export async function newestProof(store: NewestOf, database: string, logger: Logger): Promise<Proof | null> {
  const { backups, objects } = store;
  for (const { object } of (await backups.listProofs(database)).slice(0, LOOKED_AT)) {
    const proof = await readProof(object, { objects, logger });
    if (proof !== null) return proof;
  }
  return null;
}

/** null, with a warning, for what is no proof; null without one. Throws STORE when that cannot be known. */
async function readProof(object: ObjectRef, { objects, logger }: ProofReading): Promise<Proof | null> {
  const found = await objects.readText(object, { firstBytes: MAX_PROOF_BYTES + 1 }).catch((error: unknown) => {
    if (error instanceof PhaseliftError && error.code === 'MANIFEST') return { fault: 'it is not a file' };
    throw error;
  });
  if (found === null) return null;
  const proof = typeof found === 'string' ? parseProof(found) : found;
  if (!('fault' in proof)) return proof;
  logger.warning(`the proof ${object.uri} does not count: ${proof.fault}`);
  return null;
}
