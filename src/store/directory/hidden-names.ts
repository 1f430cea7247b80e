/** Names for what is not a backup, or not yet: they begin with a dot, which no backup's name does. */
import { randomBytes } from 'node:crypto';

/** A directory that pg_dump writes to (`partial`), or that gives way to a new one of its name (`replaced`). */
const HIDDEN = /^\.(.+)\.[0-9a-f]{12}\.(?:partial|replaced)$/s;
/** A text that is being written. */
const HIDDEN_TEXT = /^\.[0-9a-f]{12}\.tmp$/;

/** Bytes that a hidden directory's name has more than the backup's. */
export const HIDDEN_NAME_BYTES = '..012345678901.replaced'.length;

export function hiddenName(backupName: string, what: 'partial' | 'replaced'): string {
  return `.${backupName}.${randomBytes(6).toString('hex')}.${what}`;
}

export function hiddenTextName(): string {
  return `.${randomBytes(6).toString('hex')}.tmp`;
}

/** The name of the backup that a hidden directory was to be, or was; null for any other name. */
export function hiddenBackupName(name: string): string | null {
  return HIDDEN.exec(name)?.[1] ?? null;
}

export function isHiddenText(name: string): boolean {
  return HIDDEN_TEXT.test(name);
}
