import { PhaseliftError } from '../foundation/errors.js';
import { input, phrase, type Text } from '../foundation/text.js';
import type { IndexStrategy } from '../plan/index-strategy.js';
import type { Unit } from '../plan/unit.js';
import type { PsqlSession } from '../postgres/session.js';
import type { OpenArchive } from './open-archive.js';
import { computingHint, olderTargetHint, tempLimitHint, type FailedWork } from './unit-hints.js';

const PSQL_LINE = /(?:^|\n)psql:<stdin>:(\d+): /;
const RUN_AGAIN = 'What is finished stays finished: run the restore again to go on from here.';

const MISSING = phrase`Something that the backup does not hold is missing on the target: create it, or leave the object out with ${input('skip-entries')}, then run the restore again to go on.`;

/** Next steps for the failures that restores meet most. */
const HINTS: Readonly<Record<string, Text>> = {
  '42501': phrase`Give the role the right, or leave the object out with ${input('skip-entries')}, then run the restore again to go on.`,
  '53100': 'The server is out of disk space. Make room, then run the restore again to go on.',
  '53200': phrase`The server is out of memory. Lower maintenance_work_mem in ${input('pg-options')} or ${input('restore-jobs')}, then run the restore again to go on.`,
  '42704': MISSING,
  '42883': MISSING,
  '42P01': MISSING,
  '42703': MISSING,
  '3F000': MISSING,
};

/** The lock table is full; SQLSTATE 53200 says no more than that memory is short. */
const OUT_OF_LOCKS = /\bout of shared memory\b/;
const OUT_OF_LOCKS_HINT = phrase`The server has no room for more locks. Raise max_locks_per_transaction, or lower ${input('restore-jobs')}, then run the restore again to go on.`;

/** What the failed unit was a part of. */
export interface ErrorContext {
  indexStrategy: IndexStrategy;
  archive: Pick<OpenArchive, 'head'>;
  /** Of the target. */
  serverMajor: number;
}

/** Why psql ended in the middle of a unit, with the object whose statement failed. */
export async function unitSqlError(
  unit: Unit,
  session: PsqlSession,
  objectAt: (line: number) => string | null,
  cause: unknown,
  { indexStrategy, archive, serverMajor }: ErrorContext,
): Promise<PhaseliftError> {
  await session.kill();
  const { exit, error: said } = await session.ended;
  const line = PSQL_LINE.exec(exit.stderr)?.[1];
  const object = (line === undefined ? null : objectAt(Number(line))) ?? unit.title;
  return new PhaseliftError(said.code, `${object}: ${said.reason}`, {
    object,
    sqlState: said.sqlState,
    passes: said.passes,
    hint: hintFor(said, { unit, object, indexStrategy, sourceVersion: archive.head.header.serverVersion, serverMajor }),
    cause,
  });
}

function hintFor({ sqlState, message, hintText: hint }: PhaseliftError, work: FailedWork): Text {
  if (sqlState === undefined) return hint ?? RUN_AGAIN;
  // What is known of this very error comes before its code: a function may RAISE with any.
  const special = computingHint(work, sqlState) ?? hint ?? olderTargetHint(work, sqlState);
  if (special !== undefined) return special;
  if (OUT_OF_LOCKS.test(message)) return OUT_OF_LOCKS_HINT;
  return (sqlState === '53400' ? tempLimitHint(work) : HINTS[sqlState]) ?? RUN_AGAIN;
}
