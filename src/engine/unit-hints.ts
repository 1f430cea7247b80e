import { input, joined, phrase, type Text } from '../foundation/text.js';
import type { IndexStrategy } from '../plan/index-strategy.js';
import type { Unit } from '../plan/unit.js';

/** Next steps for failures that depend on what a unit was doing. */

export interface FailedWork {
  unit: Pick<Unit, 'rowsRun' | 'title'>;
  /** The object whose statement failed: `FK CONSTRAINT app.t t_fkey`. */
  object: string;
  indexStrategy: IndexStrategy;
  /** Of the server that was backed up, `17.2`. */
  sourceVersion: string;
  /** Of the target. */
  serverMajor: number;
}

const RAISE_LIMIT =
  'raise temp_file_limit (as superuser: ALTER ROLE … SET temp_file_limit; on managed servers: a parameter of the instance)';
const GO_ON = 'then run the restore again to go on.';

/** Of SQLSTATE 53400. */
export function tempLimitHint({ object, indexStrategy }: Pick<FailedWork, 'object' | 'indexStrategy'>): Text {
  const raise = `${RAISE_LIMIT[0]?.toUpperCase() ?? ''}${RAISE_LIMIT.slice(1)}`;
  const kind = /^(?:INDEX|CONSTRAINT) /.exec(object)?.[0];
  const builtEmpty = indexStrategy === 'empty' || (kind === 'INDEX ' && indexStrategy === 'empty-keys-last');
  if (kind !== undefined && !builtEmpty) {
    return sentences(
      'Building an index on a full table sorts it.',
      phrase`Drop and create the target and restore with ${input('index-strategy', 'empty')}, which fills indexes as the rows come; or ${RAISE_LIMIT}, ${GO_ON}`,
    );
  }
  return `The statement went over temp_file_limit. ${raise}, ${GO_ON}`;
}

/** Codes of values and of what looks at them; not of keys, which are compared without functions of the table. */
const FROM_ROWS = /^(?:22|23(?!505|P01)|P0001)/;

/** Of an error that a value, or a function that looks at one, has raised; undefined where no function may be the reason. */
export function computingHint({ unit }: Pick<FailedWork, 'unit'>, sqlState: string): Text | undefined {
  if (unit.rowsRun === undefined || !FROM_ROWS.test(sqlState)) return undefined;
  return sentences(
    `While these rows load, the table runs ${unit.rowsRun}, which may read what is not loaded yet or differs from the source: the same run would fail again.`,
    'Where a check calls it, make the check NOT VALID at the source, so that pg_dump writes it after the data, and take a new backup.',
    phrase`Or leave the rows out with ${input('skip-entries', unit.title)} and load them yourself afterwards.`,
  );
}

/** What servers say of syntax, options, settings and kinds that they do not know, or that they have not built yet. */
const UNKNOWN_TO_SERVER: ReadonlySet<string> = new Set(['0A000', '22023', '42601', '42P16']);

/** Of an error that may come from a target older than the source; undefined where it cannot. */
export function olderTargetHint(
  { sourceVersion, serverMajor, object }: Pick<FailedWork, 'sourceVersion' | 'serverMajor' | 'object'>,
  sqlState: string,
): Text | undefined {
  const sourceMajor = Number.parseInt(sourceVersion, 10);
  if (!(sourceMajor > serverMajor) || !UNKNOWN_TO_SERVER.has(sqlState)) return undefined;
  return sentences(
    `The source was PostgreSQL ${sourceMajor}, and the target, ${serverMajor}, does not know what came between them.`,
    phrase`Restore into ${sourceMajor} or newer; or leave it out with ${input('skip-entries', object)} and run the restore again to go on.`,
  );
}

function sentences(...texts: Text[]): Text {
  return joined(texts, ' ');
}
