import type { Consent } from '../foundation/consent.js';
import { PhaseliftError } from '../foundation/errors.js';
import { input, phrase, plain } from '../foundation/text.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { Version } from '../postgres/version.js';
import type { ArchiveDepot } from '../store/archive-writer.js';
import type { BackupRef, Occupant } from '../store/backup-catalogue.js';
import type { Store } from '../store/store.js';

/** The first pg_dump that takes `METHOD[:LEVEL]`. */
const METHODS_SINCE_MAJOR = 16;

/** What pg_dump would refuse, or what could not be read afterwards, said before it starts. */
export function checkDumpOptions(compress: string, pgDump: Version, archives: ArchiveDepot): Promise<void> {
  const fault = archives.compressionFault(compress);
  if (fault !== null) return Promise.reject(fault);
  if (/^[a-z]/.test(compress) && pgDump.major < METHODS_SINCE_MAJOR) {
    return Promise.reject(
      new PhaseliftError(
        'TOOLS',
        `pg_dump ${pgDump.text} does not know the compression \`${compress}\`; methods came with ${METHODS_SINCE_MAJOR}`,
        {
          object: 'dump-compress',
          hint: phrase`Set ${input('dump-compress')} to a number from 0 to 9, or use newer tools (${input('pg-image')}).`,
        },
      ),
    );
  }
  return Promise.resolve();
}

/**
 * What stands where the new backup goes. An archive of ours without a manifest (left by a kill, no backup) may be replaced;
 * anything else, a backup or an archive of unknown origin, only by `force` or somebody's word.
 */
export async function checkName(
  { store, consent }: { store: Store; consent: Consent },
  ref: BackupRef,
  force: boolean,
): Promise<Occupant> {
  const occupant = await store.backups.inspect(ref);
  const { state, isLeftover } = occupant;
  if (state === 'nothing' || isLeftover) return occupant;
  // Archives of other tools have no manifest, or one that happens to be beside them: they may be all that somebody has.
  const isUnknown = state === 'no manifest' || state === 'manifest of another archive';
  const without = state === 'no manifest' ? 'without a manifest' : 'with the manifest of another archive';
  const question = isUnknown
    ? `${ref.archive.uri} is there already, ${without}. Overwrite it?`
    : `The backup ${ref.name} of ${ref.database} exists already. Overwrite it?`;
  if (force || (await consent.overwrite(question))) return occupant;
  if (isUnknown) {
    throw new PhaseliftError(
      'BACKUP_EXISTS',
      `${ref.archive.uri} is there already, ${without}: it is no complete backup, and may be something else`,
      {
        object: ref.name,
        hint: phrase`Give another ${input('backup-name')}, move it away, or overwrite it with ${input('force', true)}.`,
      },
    );
  }
  throw new PhaseliftError(
    'BACKUP_EXISTS',
    `the backup ${ref.name} of ${ref.database} exists already: ${ref.archive.uri}`,
    {
      object: ref.name,
      hint: phrase`Give another ${input('backup-name')}, or overwrite it with ${input('force', true)}.`,
    },
  );
}

/** Whether pg_dump, wherever it runs, writes to the folder that the backup goes to; null where it writes to none. */
export async function checkToolsWrite(folder: string | null, toolbox: Toolbox): Promise<void> {
  if (folder === null) return;
  const why = await toolbox.checkWritesTo(folder);
  if (why === null) return;
  throw new PhaseliftError('TOOLS', phrase`pg_dump cannot write to ${folder} (${plain('local-directory')}): ${why}`, {
    object: 'local-directory',
    hint: 'pg_dump writes the files of a directory itself, so it has to run where the directory is.',
  });
}
