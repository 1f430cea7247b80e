import { messageOf, PhaseliftError } from '../errors.js';
import type { Logger } from '../report/logger.js';
import type { BackupRef, Store } from '../store/store.js';

/**
 * A backup that is about to be overwritten. Its manifest goes just before the new archive becomes visible, as it must never
 * describe another archive; where the new one does not come after all, the old backup is made whole again.
 */
export class ReplacedBackup {
  private withdrawal: Promise<void> | null = null;
  /** What stood there: the manifest's text, and which archive it describes. */
  private old: { manifest: string; etag: string } | null = null;
  private isKept = false;

  constructor(
    private readonly ref: BackupRef,
    private readonly context: {
      store: Pick<Store, 'readText' | 'writeText' | 'stat' | 'remove'>;
      log: Pick<Logger, 'info' | 'warning'>;
    },
  ) {}

  /** Takes the backup out of sight; throws when it is to be kept by now. */
  withdraw(): Promise<void> {
    this.withdrawal = this.removeManifest();
    return this.withdrawal;
  }

  /**
   * The new backup failed: puts the manifest back if its archive is still there. Never throws, as it must not hide what
   * made it necessary.
   */
  async keep(): Promise<void> {
    this.isKept = true;
    // The upload may have failed while the manifest was on its way out.
    await this.withdrawal?.catch(() => undefined);
    if (this.old === null) return;
    const { store, log } = this.context;
    try {
      const archive = await store.stat(this.ref.archive);
      if (archive?.etag !== this.old.etag) return;
      await store.writeText(this.ref.manifest, this.old.manifest);
      log.info(`the backup ${this.ref.name} that was to be replaced is still there`);
    } catch (error) {
      log.warning(`the manifest of the replaced backup ${this.ref.name} could not be put back: ${messageOf(error)}`);
    }
  }

  private async removeManifest(): Promise<void> {
    const { store } = this.context;
    const [manifest, archive] = await Promise.all([store.readText(this.ref.manifest), store.stat(this.ref.archive)]);
    if (this.isKept) throw new PhaseliftError('INTERNAL', 'the end of an archive came after its upload had failed');
    if (manifest !== null && archive !== null) this.old = { manifest, etag: archive.etag };
    await store.remove(this.ref.manifest);
  }
}
