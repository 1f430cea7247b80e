import { PhaseliftError, textOf } from '../foundation/errors.js';
import { formatBytes, formatExact, formatTime, plural } from '../foundation/format.js';
import { joined, phrase } from '../foundation/text.js';
import type { PruneSettings } from '../inputs/settings.js';
import type { PruneLine } from '../report/run-report.js';
import { prunePlan, LEFTOVER_AGE_MS, type PruneDecision, type PruneItem } from '../retention/prune-plan.js';
import type { StoredBackup } from '../store/backup-catalogue.js';
import { backupLine } from './backup-lines.js';
import type { CommandContext } from './context.js';
import { outputNotes } from './list.js';
import { logTable } from './log-table.js';
import { tellNotes } from './tell-notes.js';

/** Removes the backups of one database that no rule keeps, and what dead runs left. Never the newest complete backup. */
export async function prune(settings: PruneSettings, context: CommandContext): Promise<void> {
  const { store, log } = context;
  const { database, dryRun } = settings;
  const run = await beginPrune(settings, context);
  run.tell();
  try {
    if (run.doomed.length > 0) await tellVersions(context);
    if (run.doomed.length === 0) log.info(`nothing to remove of ${database} in ${store.backups.uri}`);
    else if (dryRun) log.info(`dry run: ${run.doomedText} would be removed, nothing was changed`);
    else {
      await context.consent.begin(`Remove ${run.doomedText} of ${database} from ${store.backups.uri}?`);
      await run.remove();
    }
  } finally {
    run.report();
  }
}

/** Decides about all that is in the folder of a database, and changes nothing yet. */
export async function beginPrune(
  { database, keep, dryRun }: Pick<PruneSettings, 'database' | 'keep' | 'dryRun'>,
  context: CommandContext,
): Promise<PruneRun> {
  const decisions = prunePlan({
    database,
    ...(await context.store.backups.takeInventory(database)),
    rules: keep,
    now: context.now(),
    leftoverAgeMs: LEFTOVER_AGE_MS,
  });
  return new PruneRun(decisions, dryRun, context);
}

/** Before somebody is asked: who wants room has to know that this alone does not make any. */
export async function tellVersions(context: CommandContext): Promise<void> {
  const { store } = context;
  const kept = await store.backups.keptVersions();
  if (kept === null) return;
  const note = `the bucket of ${store.backups.uri} keeps versions: what is removed here takes room until a lifecycle rule (NoncurrentVersionExpiration) removes old versions`;
  const locked =
    kept.lockedFor === null ? '' : `, which its object lock forbids for ${kept.lockedFor} after each was written`;
  tellNotes([`${note}${locked}`], context);
}

/** What a prune has decided about one database, and what has become of it. */
export class PruneRun {
  /** Oldest first: whatever stops a removal, the newer ones are still there. */
  readonly doomed: readonly PruneDecision[];
  private readonly gone = new Set<PruneDecision>();
  /** Those that changed since they were listed, with why they stay. */
  private readonly spared = new Map<PruneDecision, string>();

  constructor(
    readonly decisions: readonly PruneDecision[],
    private readonly dryRun: boolean,
    private readonly context: CommandContext,
  ) {
    this.doomed = decisions.filter(({ fate }) => fate === 'remove').reverse();
  }

  /** `3 backups and 1 leftover`. */
  get doomedText(): string {
    return textOfDoomed(this.doomed);
  }

  get goneCount(): number {
    return this.gone.size;
  }

  /** The backups that there are now; of a dry run, that there would be. */
  get left(): StoredBackup[] {
    return this.decisions.flatMap((decision) => {
      const { item } = decision;
      const stays = this.dryRun ? decision.fate !== 'remove' : !this.gone.has(decision);
      return item.kind === 'backup' && stays ? [item.backup] : [];
    });
  }

  /** What is going to happen, before it does. */
  tell(): void {
    const { log, store } = this.context;
    if (this.decisions.length === 0) return;
    log.group(`What is kept and what is removed in ${store.backups.uri}`);
    for (const line of logTable(COLUMNS, this.lines(), cellsOf, 'older ones')) log.info(line);
    log.endGroup();
  }

  async remove(): Promise<void> {
    const { log, recorder, signal } = this.context;
    recorder.startStep('remove');
    for (const decision of this.doomed) {
      try {
        signal.throwIfAborted();
        await this.removeOne(decision);
      } catch (error) {
        throw signal.aborted ? error : this.brokenOff(error);
      }
      recorder.stepTotals({ units: this.gone.size });
    }
    recorder.endStep('success');
    log.info(`removed ${formatExact(this.gone.size)} of ${this.doomedText}`);
  }

  /** What there is now, for outputs and summary. */
  report(): void {
    const { recorder } = this.context;
    const left = this.left.map(backupLine);
    recorder.set({ backups: left, prune: { dryRun: this.dryRun, lines: this.lines() } });
    tellNotes(outputNotes(left), this.context);
  }

  private async removeOne(decision: PruneDecision): Promise<void> {
    const { item } = decision;
    const { log, store } = this.context;
    let spared: string | null = null;
    if (item.kind === 'upload') await store.backups.abortUpload(item.upload.object, item.upload.uploadId);
    else if (item.kind === 'stale object') await store.objects.remove(item.stale.object);
    else spared = await store.backups.removeListed(item.backup);
    if (spared === null) {
      this.gone.add(decision);
      log.info(`removed ${uriOf(decision)}`);
    } else {
      this.spared.set(decision, spared);
      log.info(`left ${uriOf(decision)} alone: ${spared}`);
    }
  }

  /** What is gone is gone; the next run finds the rest. */
  private brokenOff(error: unknown): PhaseliftError {
    const own = error instanceof PhaseliftError ? error : null;
    return new PhaseliftError(
      own?.code ?? 'STORE',
      phrase`${formatExact(this.gone.size)} of ${this.doomedText} were removed before this: ${textOf(error)}`,
      {
        object: own?.object,
        hint: joined([...(own?.hintText === undefined ? [] : [own.hintText]), GONE_FOR_GOOD], ' '),
        cause: error,
      },
    );
  }

  lines(): PruneLine[] {
    return this.decisions.map((decision) => {
      const { item, at, reason } = decision;
      const spared = this.spared.get(decision);
      return {
        name: nameOf(item),
        at: at.toISOString(),
        sizeBytes: item.kind === 'backup' ? item.backup.sizeBytes : null,
        fate: spared === undefined ? this.fateOf(decision) : 'left alone',
        reason: spared ?? reason,
      };
    });
  }

  private fateOf(decision: PruneDecision): PruneLine['fate'] {
    if (decision.fate === 'keep') return 'kept';
    if (decision.fate === 'leave') return 'left alone';
    return this.gone.has(decision) ? 'removed' : 'to be removed';
  }
}

/** `3 backups and 1 leftover`. */
export function textOfDoomed(doomed: readonly PruneDecision[]): string {
  const backups = doomed.filter(isCompleteBackup).length;
  const leftovers = doomed.length - backups;
  const parts = [backups > 0 ? plural(backups, 'backup') : '', leftovers > 0 ? plural(leftovers, 'leftover') : ''];
  return parts.filter((part) => part !== '').join(' and ');
}

const GONE_FOR_GOOD = 'What is removed is gone for good; run it again to remove the rest.';

const COLUMNS = [{ head: 'NAME' }, { head: 'TAKEN' }, { head: 'SIZE', right: true }, { head: 'WHAT' }, { head: 'WHY' }];

function cellsOf({ name, at, sizeBytes, fate, reason }: PruneLine): string[] {
  return [name, formatTime(Date.parse(at)), sizeBytes === null ? '-' : formatBytes(sizeBytes), fate, reason];
}

function isCompleteBackup({ item }: PruneDecision): boolean {
  return item.kind === 'backup' && item.backup.state === 'complete';
}

function nameOf(item: PruneItem): string {
  if (item.kind === 'backup') return item.backup.ref.name;
  return item.kind === 'upload' ? item.upload.object.key : item.stale.object.key;
}

function uriOf({ item }: PruneDecision): string {
  if (item.kind === 'upload') return `the unfinished upload of ${item.upload.object.uri}`;
  if (item.kind === 'stale object') return item.stale.object.uri;
  return item.backup.state === 'no archive' ? item.backup.ref.manifest.uri : item.backup.ref.archive.uri;
}
