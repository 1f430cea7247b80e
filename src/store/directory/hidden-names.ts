/** Names for what is not a backup, or not yet: they begin with a dot, which no backup's name does. */
import { randomBytes } from 'node:crypto';

/**
 * A directory that pg_dump writes to (`partial`), a whole one that gives way to a new one of its name (`replaced`: it is the
 * backup as long as no other stands under the name), or one that is being removed (`removed`: never a backup again).
 */
export type HiddenKind = 'partial' | 'replaced' | 'removed';

/** What the name of a hidden directory says. */
export interface HiddenDirectory {
  /** The backup that it was to be, or was. */
  backupName: string;
  /** Of the run that made the name. */
  id: string;
  kind: HiddenKind;
}

const HIDDEN = /^\.(.+)\.([0-9a-f]{12})\.(partial|replaced|removed)$/s;
/** A text that is being written. */
const HIDDEN_TEXT = /^\.[0-9a-f]{12}\.tmp$/;

/** Bytes that a hidden directory's name has more than the backup's. */
export const HIDDEN_NAME_BYTES = '..012345678901.replaced'.length;

/** With an id of its own, unless one is given. */
export function hiddenName(backupName: string, kind: HiddenKind, id = randomBytes(6).toString('hex')): string {
  return `.${backupName}.${id}.${kind}`;
}

export function hiddenTextName(): string {
  return `.${randomBytes(6).toString('hex')}.tmp`;
}

/** Null for any other name. */
export function hiddenDirectory(name: string): HiddenDirectory | null {
  const [, backupName, id, kind] = HIDDEN.exec(name) ?? [];
  if (backupName === undefined || id === undefined) return null;
  return { backupName, id, kind: kind === 'partial' || kind === 'replaced' ? kind : 'removed' };
}

export function isHiddenText(name: string): boolean {
  return HIDDEN_TEXT.test(name);
}
