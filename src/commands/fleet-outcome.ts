/** What has become of each of many databases in one run: the table, and the failure that names those that failed. */
import { PhaseliftError, textOf } from '../foundation/errors.js';
import { formatBytes, formatExact, formatTime, plural } from '../foundation/format.js';
import { joined, phrase, type Text } from '../foundation/text.js';
import type { FleetSettings } from '../inputs/settings.js';
import { truncate, visibleLine } from '../report/escape.js';
import type { FleetLine } from '../report/run-report.js';
import type { CommandContext } from './context.js';
import { databasesInStores, placeFor, sortDatabases, someNames, unmatchedNotes, type Meant } from './fleet.js';
import { logTable } from './log-table.js';
import { tellNotes } from './tell-notes.js';

type Facts = Partial<Omit<FleetLine, 'database' | 'state' | 'text'>>;

const UNREADABLE = 'Bring the manifest back, or remove that backup by hand: no prune touches what it cannot read.';
const UNKNOWN = { backups: null, sizeBytes: null, newestBackup: null, takenAt: null };

/** Collects what has become of each database. */
export class FleetOutcome {
  readonly lines: FleetLine[] = [];
  private readonly failures: { text: Text; error: PhaseliftError }[] = [];

  done(database: string, text: string, facts: Facts = {}): void {
    this.lines.push({ ...UNKNOWN, ...facts, database, state: 'done', text });
  }

  leftAlone(database: string, text: string, facts: Facts = {}): void {
    this.lines.push({ ...UNKNOWN, ...facts, database, state: 'left alone', text });
  }

  /** The others go on. */
  failed(database: string, error: PhaseliftError, facts: Facts = {}): void {
    const text = textOf(error);
    this.lines.push({ ...UNKNOWN, ...facts, database, state: 'failed', text: String(text) });
    this.failures.push({ text: phrase`${visibleLine(database)}: ${text}`, error });
  }

  /** A backup that nobody can restore as it is. */
  unreadable(database: string, name: string, facts: Facts): void {
    this.failed(
      database,
      new PhaseliftError('MANIFEST', `the manifest of ${name} cannot be read`, { hint: UNREADABLE }),
      facts,
    );
  }

  /** The databases that are meant, of all that have backups. Says of the others why this run is not about them. */
  async find(settings: FleetSettings, context: CommandContext): Promise<Meant[]> {
    const { names, storesOf, refusals } = await databasesInStores(settings, context);
    for (const { uri, failure } of refusals)
      this.failures.push({ text: phrase`${uri}: ${textOf(failure)}`, error: failure });
    const { meant, withoutRule } = sortDatabases(names, settings);
    const strays = meant.flatMap((one) => {
      const { store } = placeFor(one, settings, context);
      const others = [...(storesOf.get(one.database) ?? [])].filter((other) => other !== store);
      return others.map(
        ({ backups }) =>
          `${one.database} has a folder in ${backups.uri} as well; its rule is about ${store.backups.uri}, so that one is left alone`,
      );
    });
    const alone = withoutRule.length === 0 ? [] : [`no rule matches ${someNames(withoutRule)}: left alone`];
    tellNotes([...alone, ...strays, ...unmatchedNotes(names, settings)], context);
    return meant;
  }

  /** The table, for the log and the summary. */
  tell(title: string, { log, recorder }: CommandContext): void {
    this.lines.sort((a, b) => (a.database < b.database ? -1 : 1));
    recorder.set({ fleet: this.lines });
    if (this.lines.length === 0) return;
    log.group(title);
    for (const line of logTable(COLUMNS, this.lines, cellsOf)) log.info(line);
    log.endGroup();
  }

  /** Throws an error with a line for each failure, of the code of the first. */
  throwIfFailed(): void {
    const [first] = this.failures;
    if (first === undefined) return;
    const { code, object } = first.error;
    const heading = `${plural(this.failures.length, 'failure')} among ${plural(this.lines.length, 'database')}:`;
    const hints = new Map(this.failures.map(({ error }) => [error.hint, error.hintText]));
    const [hint] = hints.values();
    throw new PhaseliftError(code, joined([heading, ...this.failures.map(({ text }) => text)], '\n'), {
      object,
      // What helps one of them may be wrong for the others.
      hint: hints.size === 1 ? hint : undefined,
      cause: first.error,
    });
  }
}

const COLUMNS = [
  { head: 'DATABASE' },
  { head: 'BACKUPS', right: true },
  { head: 'SIZE', right: true },
  { head: 'NEWEST' },
  { head: 'TAKEN' },
  { head: '' },
];
const NAME_WIDTH = 40;

function cellsOf({ database, state, text, backups, sizeBytes, newestBackup, takenAt }: FleetLine): string[] {
  return [
    truncate(visibleLine(database), NAME_WIDTH),
    backups === null ? '-' : formatExact(backups),
    sizeBytes === null ? '-' : formatBytes(sizeBytes),
    truncate(newestBackup ?? '-', NAME_WIDTH),
    takenAt === null ? '-' : formatTime(Date.parse(takenAt)),
    state === 'done' ? text : `${state}: ${text}`,
  ];
}
