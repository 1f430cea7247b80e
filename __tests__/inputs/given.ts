import { PhaseliftError } from '../../src/foundation/errors.js';
import { actionInputs, type GivenInputs } from '../../src/inputs/given-inputs.js';
import { readSettings } from '../../src/inputs/read-settings.js';
import type { Settings } from '../../src/inputs/settings.js';
import type { S3Settings } from '../../src/store/s3/settings.js';

type Texts = Record<string, string>;

/** The environment that a runner would make of `with:` and `env:`. */
export function given(inputs: Texts, env: Texts = {}): GivenInputs {
  const texts = Object.entries(inputs).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text] as const);
  return actionInputs({ ...env, ...Object.fromEntries(texts) });
}

/** Enough for a backup. */
export const BACKUP: Texts = {
  mode: 'backup',
  database: 'app',
  'source-host': 'src.example',
  'source-user': 'reader',
  's3-bucket': 'backups',
};

/** Enough for a restore. */
export const RESTORE: Texts = {
  mode: 'restore',
  database: 'app',
  'backup-name': 'latest',
  'target-host': 'dst.example',
  'target-user': 'writer',
  's3-bucket': 'backups',
};

/** Enough for both. */
export const ALL: Texts = { ...RESTORE, ...BACKUP, mode: 'all', 'backup-name': '' };

export function backup(inputs: Texts = {}, env: Texts = {}): Extract<Settings, { mode: 'backup' }> {
  const settings = readSettings(given({ ...BACKUP, ...inputs }, env));
  if (settings.mode !== 'backup') throw new Error(`mode ${settings.mode}`);
  return settings;
}

export function restore(inputs: Texts = {}, env: Texts = {}): Extract<Settings, { mode: 'restore' }> {
  const settings = readSettings(given({ ...RESTORE, ...inputs }, env));
  if (settings.mode !== 'restore') throw new Error(`mode ${settings.mode}`);
  return settings;
}

export function all(inputs: Texts = {}, env: Texts = {}): Extract<Settings, { mode: 'all' }> {
  const settings = readSettings(given({ ...ALL, ...inputs }, env));
  if (settings.mode !== 'all') throw new Error(`mode ${settings.mode}`);
  return settings;
}

/** The lines of the INPUT error that a reading throws; fails when it throws none. */
export function faultsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof PhaseliftError && error.code === 'INPUT') return error.message.split('\n');
    throw error;
  }
  throw new Error('there was no fault');
}

/** The only fault; fails when there are more. */
export function faultOf(read: () => unknown): string {
  const faults = faultsOf(read);
  if (faults.length !== 1) throw new Error(`more than one fault: ${faults.join(' | ')}`);
  return faults[0] ?? '';
}

/** The S3 that settings are about. Throws when they are about a directory. */
export function s3Of({ store }: Settings): S3Settings {
  if (store.kind !== 's3') throw new Error(`a store of the kind ${store.kind}`);
  return store;
}
