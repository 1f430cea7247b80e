import { PhaseliftError } from '../errors.js';
import type { PsqlSession } from '../postgres/session.js';
import type { Unit } from '../plan/unit.js';
import { exitError } from '../process/exit-message.js';

const PSQL_LINE = /(?:^|\n)psql:<stdin>:(\d+): /;
const RUN_AGAIN = 'What is finished stays finished: run the restore again to go on from here.';

const MISSING =
  'Something that the backup does not hold is missing on the target: create it, or leave the object out with `skip-entries`, then run the restore again to go on.';

/** Next steps for the failures that restores meet most. */
const HINTS: Readonly<Record<string, string>> = {
  '42501': 'Give the role the right, or leave the object out with `skip-entries`, then run the restore again to go on.',
  '53100': 'The server is out of disk space. Make room, then run the restore again to go on.',
  '53200':
    'The server is out of memory. Lower maintenance_work_mem in `pg-options` or `restore-jobs`, then run the restore again to go on.',
  '53400': 'The statement went over temp_file_limit. Use `index-strategy: empty`, or raise the limit, then start anew.',
  '42704': MISSING,
  '42883': MISSING,
  '42P01': MISSING,
  '42703': MISSING,
  '3F000': MISSING,
};

/** The lock table is full; SQLSTATE 53200 says no more than that memory is short. */
const OUT_OF_LOCKS = /\bout of shared memory\b/;
const OUT_OF_LOCKS_HINT =
  'The server has no room for more locks. Raise max_locks_per_transaction, or lower `restore-jobs`, then run the restore again to go on.';

/** Why psql ended in the middle of a unit, with the object whose statement failed. */
export async function unitSqlError(
  unit: Unit,
  session: PsqlSession,
  objectAt: (line: number) => string | null,
  cause: unknown,
): Promise<PhaseliftError> {
  await session.kill();
  const exit = await session.exited;
  const said = exitError({ tool: 'psql', ...exit, side: 'target' });
  const line = PSQL_LINE.exec(exit.stderr)?.[1];
  const object = (line === undefined ? null : objectAt(Number(line))) ?? unit.title;
  const message = said.message.replace(/^psql failed \(exit 3\): /, '');
  return new PhaseliftError(said.code, `${object}: ${message}`, {
    object,
    sqlState: said.sqlState,
    // What is known of this very error comes first: a function may RAISE with any code.
    hint: said.hint ?? hintFor(said.sqlState, message) ?? RUN_AGAIN,
    cause,
  });
}

function hintFor(sqlState: string | undefined, message: string): string | undefined {
  if (sqlState === undefined) return undefined;
  return OUT_OF_LOCKS.test(message) ? OUT_OF_LOCKS_HINT : HINTS[sqlState];
}
