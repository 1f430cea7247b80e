import { PhaseliftError } from '../foundation/errors.js';
import { plural } from '../foundation/format.js';
import type { FleetSettings, VerifySettings } from '../inputs/settings.js';
import { RunRecorder } from '../report/run-recorder.js';
import type { CommandContext } from './context.js';
import { FleetOutcome } from './fleet-outcome.js';
import { attempt, lookUp } from './fleet.js';
import { findingsOf } from './known-backups.js';
import { verify } from './verify.js';

/** Reads a backup of each database whole, one after the other, the newest where none is named. Throws for those that are not whole. */
export async function verifyFleet(
  settings: VerifySettings,
  fleet: FleetSettings,
  context: CommandContext,
): Promise<void> {
  const { log, recorder, signal, store } = context;
  const outcome = new FleetOutcome();
  const meant = await outcome.find(fleet, context);
  const all = await lookUp(meant, fleet, context, (one) => one.store.backups.listAll(one.database));
  recorder.startStep('read');
  let readBytes = 0;
  for (const { database, place, store: at, done, failure } of all) {
    if (failure !== null) outcome.failed(database, failure);
    if (done === null || done.length === 0) continue;
    // What one of them tells of itself must not grow with their number.
    const own = new RunRecorder({ mode: 'verify', database });
    const one = { ...settings, fleet: null, database, store: place.store };
    const result = await attempt(() => verify(one, { ...context, store: at, recorder: own }), signal);
    log.endGroup();
    const { backupName: newestBackup, sizeBytes } = own.report;
    const facts = { newestBackup, sizeBytes, backups: done.filter(({ state }) => state === 'complete').length };
    const { unreadable } = findingsOf(done, context.now());
    if (result.failure !== null) outcome.failed(database, result.failure, facts);
    else if (unreadable !== null) outcome.unreadable(database, unreadable, facts);
    else outcome.done(database, 'whole', facts);
    readBytes += sizeBytes ?? 0;
    recorder.stepTotals({ units: outcome.lines.length, bytes: readBytes });
  }
  outcome.tell('Backups that were read', context);
  refuseNothing(outcome, store.backups.uri);
  outcome.throwIfFailed();
  recorder.endStep('success');
  log.info(`the backups of ${plural(outcome.lines.length, 'database')} are whole`);
}

/** What verifies nothing would look well. */
function refuseNothing({ lines }: FleetOutcome, uri: string): void {
  if (lines.length > 0) return;
  throw new PhaseliftError('BACKUP_NOT_FOUND', `there are no backups of databases that are meant in ${uri}`, {
    object: 'databases',
  });
}
