/** The store that is a local directory, with backups in pg_dump's directory format. */
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PhaseliftError } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import { input, phrase, plain } from '../../foundation/text.js';
import type { ArchiveDepot, ArchivePlace } from '../archive-writer.js';
import type { BackupRef } from '../backup-catalogue.js';
import type { ObjectStore } from '../object-store.js';
import type { Store } from '../store.js';
import { canReadZstd } from './data-file.js';
import { DirectoryCatalogue } from './directory-catalogue.js';
import { DirectoryObjects } from './directory-objects.js';
import { atPath } from './errors.js';
import { hiddenTextName } from './hidden-names.js';
import { folderOf, natureOf, type Nature } from './layout.js';
import { OpenedArchives } from './opened-archive.js';
import { beginPartial, removeDead, type PartialDirectory } from './partial-directory.js';
import { makeDirectories } from './small-files.js';

/** Backups in pg_dump's directory format below one directory. */
export interface DirectorySettings {
  /** Absolute. */
  path: string;
}

export interface DirectoryStore extends Store {
  readonly archives: DirectoryDepot;
}

/**
 * A store below one directory, which need not be there yet. Only its names are looked at before a method is called. `stack`
 * puts others before its objects.
 */
export function createDirectoryStore(
  { path }: DirectorySettings,
  log: Logger,
  stack: (objects: ObjectStore) => ObjectStore = (objects) => objects,
): DirectoryStore {
  const nature = natureOf(path);
  const opened = new OpenedArchives();
  const objects = stack(new DirectoryObjects(path, nature, opened));
  return {
    objects,
    backups: new DirectoryCatalogue(path, nature, objects, opened, log),
    archives: new DirectoryDepot(path, nature, opened, log),
    close: () => {
      // Every file is closed by whoever has read it.
    },
  };
}

/** Takes archives into directories. */
export class DirectoryDepot implements ArchiveDepot {
  readonly takes = 'directory';

  constructor(
    private readonly path: string,
    private readonly nature: Nature,
    private readonly opened: OpenedArchives,
    private readonly log: Logger,
  ) {}

  async checkWritable(ref: BackupRef): Promise<void> {
    const probe = join(await this.makeFolder(ref.database), hiddenTextName());
    await atPath('write', dirname(probe), async () => {
      try {
        await writeFile(probe, 'whether one can write here\n', { flag: 'wx' });
      } finally {
        await rm(probe, { force: true });
      }
    });
  }

  checkPlace(): void {
    if (this.nature === 'place') return;
    throw new PhaseliftError(
      'INPUT',
      phrase`${this.path} is itself an archive of pg_dump, no place for backups (${plain('local-directory')})`,
      {
        object: 'local-directory',
        hint: 'Give a directory of its own for backups: each goes to DIR/DATABASE/NAME.',
      },
    );
  }

  async makeFolder(database: string): Promise<string> {
    this.checkPlace();
    const folder = folderOf(this.path, database);
    await atPath('make', folder, () => makeDirectories(folder));
    return folder;
  }

  compressionFault(compress: string): PhaseliftError | null {
    if (!compress.startsWith('zstd') || canReadZstd()) return null;
    return new PhaseliftError(
      'TOOLS',
      `Node ${process.versions.node} cannot read files that are compressed with zstd`,
      {
        object: 'dump-compress',
        hint: phrase`Use Node 22.15 or newer, or another ${input('dump-compress')}.`,
      },
    );
  }

  partBytesFor(): null {
    return null;
  }

  /** Makes the directory for pg_dump, after having removed those of this database that dead runs have left. */
  async begin(place: ArchivePlace): Promise<PartialDirectory> {
    const { ref } = place;
    await removeDead(await this.makeFolder(ref.database), this.log);
    this.opened.forget(ref.archive);
    return beginPartial(place, this.log);
  }
}
