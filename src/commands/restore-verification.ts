import type { TocEntry } from '../archive/types.js';
import type { OpenArchive } from '../engine/open-archive.js';
import type { RestoreSettings } from '../inputs/settings.js';
import type { Sessions } from '../postgres/sessions.js';
import { verifyTarget } from '../verify/verification.js';
import type { VerificationLine } from '../verify/verification-line.js';
import type { CommandContext } from './context.js';
import type { BegunRestore } from './restore-begin.js';
import { TargetContents } from './target-contents.js';
import { compareDefinitions, type DefinitionsSite } from './target-definitions.js';

/** A restore whose target has all but what the last transaction makes. */
export interface VerifiedRestore {
  settings: RestoreSettings;
  begun: BegunRestore;
  context: CommandContext;
  archive: OpenArchive;
  /** Of the target. */
  sessions: Sessions;
  /** Rows that COPY loaded; null where nobody knows. */
  loadedRows: number | null;
  signal: AbortSignal;
}

/** The verification of a restore, as far as `verify` says. */
export class RestoreVerification {
  private readonly verifiable: ReadonlySet<number>;
  private readonly entries: readonly TocEntry[];
  private readonly contents: TargetContents | null;

  constructor(private readonly restore: VerifiedRestore) {
    const { settings, begun, archive, signal, context } = restore;
    const { head, dumpOptions, rowSettings } = begun.site.backup;
    const verifiable = new Set(begun.decision.verifiable);
    this.verifiable = verifiable;
    this.entries = head.entries.filter(({ dumpId }) => verifiable.has(dumpId));
    const site = { archive, entries: this.entries, dumpOptions, rowSettings, jobs: settings.jobs, signal };
    this.contents =
      settings.verify === 'content'
        ? new TargetContents({ ...site, sessions: this.looking }, (line) => {
            context.log.info(line);
          })
        : null;
  }

  /** To be called again after a failure that has passed. Throws what reading target and archive throws. */
  async lines(): Promise<VerificationLine[]> {
    const { settings, begun, loadedRows } = this.restore;
    const full = settings.verify === 'full' || settings.verify === 'content';
    const { map, invalidIndexes } = begun.site.backup;
    const expected = {
      entries: this.entries,
      blocks: map.blocks,
      loadedRows,
      invalidAtSource: invalidIndexes,
      full,
    };
    // Not in the control session: counting takes long, and a cancel has to be able to end it.
    const lines = await this.looking.use(async (session) => [
      ...(await verifyTarget(session, expected)),
      ...(full ? [await compareDefinitions(session, this.definitions)] : []),
    ]);
    return this.contents === null ? lines : [...lines, await this.contents.line()];
  }

  private get looking(): Sessions {
    return this.restore.sessions.for('look');
  }

  private get definitions(): DefinitionsSite {
    const { settings, begun, signal } = this.restore;
    const { backup, database, toolbox } = begun.site;
    return {
      toolbox,
      target: settings.target,
      applicationName: database.applicationName,
      pgOptions: settings.pgOptions,
      archive: backup.head,
      dumpOptions: backup.dumpOptions,
      restored: this.verifiable,
      signal,
    };
  }
}
