/** How a backup is restored. */
import { VALIDATE_FOREIGN_KEYS, type ValidateForeignKeys } from '../../plan/foreign-key-validation.js';
import type { IndexOverride } from '../../plan/index-overrides.js';
import { INDEX_STRATEGIES } from '../../plan/index-strategy.js';
import { input, phrase } from '../../foundation/text.js';
import type { OnlyPattern } from '../../plan/only.js';
import type { SkipEntry } from '../../plan/selection.js';
import type { VerifyLevel } from '../../verify/verification.js';
import type { RoleRename } from '../../archive/renamed-roles.js';
import { indexOverrides } from '../index-overrides.js';
import { onlyPatterns } from '../only.js';
import { empty, inputsOf, none, preset } from '../input-definition.js';
import type { Parser } from '../parser.js';
import { roleMap } from '../role-map.js';
import { boolean, choice, duration, integer, line, size } from '../scalars.js';
import { INTO_TARGET } from '../settings.js';
import { skipEntries } from '../skip-entries.js';

const MB = 1024 * 1024;

/** A boolean with a third word. */
const verifyLevel: Parser<VerifyLevel> = (text) =>
  choice<VerifyLevel>(['true', 'full', 'content', 'false'])('value' in boolean(text) ? text.toLowerCase() : text);

const row = inputsOf('load', { modes: INTO_TARGET });

/** The rows of this group, by the names that the code has for them. */
export const LOAD_INPUTS = {
  only: row<readonly OnlyPattern[]>(
    'only',
    'What to restore and nothing else, one a line: `TABLE app.orders`, `SCHEMA app`, `VIEW app.*`, or a pattern alone as of `pg_dump -t`. It comes with what it needs.',
    onlyPatterns,
    empty([]),
    { kind: 'lines' },
  ),
  skipEntries: row<readonly SkipEntry[]>(
    'skip-entries',
    'What not to restore, one a line, a kind or a kind and a name: `EVENT TRIGGER`, `INDEX app.big_idx`.',
    skipEntries,
    empty([]),
    { kind: 'lines' },
  ),
  keepTablespaces: row('keep-tablespaces', 'Restore tablespaces as dumped.', boolean, preset(false)),
  keepAccessMethods: row('keep-access-methods', 'Restore table access methods as dumped.', boolean, preset(false)),
  keepSubscriptions: row('keep-subscriptions', 'Restore subscriptions as dumped.', boolean, preset(false)),
  restoreJobs: row(
    'restore-jobs',
    'Parallel workers of the data and constraints phases, `1` to `64`.',
    integer('number of workers', 1, 64),
    preset(1),
    { env: ['RESTORE_JOBS'] },
  ),
  sliceSize: row(
    'slice-size',
    'About how much of a table is loaded in one transaction, `16MB` to `1TB`, in bytes of the archive; of archives below 4 GB less, `16MB` at least. Large tables are cut, so that several workers load them, and a restore that goes on repeats little; what one pg_dump has compressed stays whole.',
    size(16 * MB, MB * MB),
    preset(64 * MB, '64MB'),
    { env: ['SLICE_SIZE'], kind: 'text' },
  ),
  retryMinutes: row(
    'retry-minutes',
    'Minutes without progress after which a restore gives up on lost connections, restarting servers, deadlocks and the like, `0` to `1440`; `0` never tries again.',
    integer('number of minutes', 0, 1440),
    preset(10),
    { env: ['RETRY_MINUTES'] },
  ),
  timeLimit: row<number | null>(
    'time-limit',
    'How long a run may take, as `5h30m`, `10s` at least: a restore that is not done stops cleanly before that, and another run goes on.',
    duration(10_000),
    none(),
    { env: ['TIME_LIMIT'] },
  ),
  indexStrategy: row(
    'index-strategy',
    phrase`Which indexes are created before the data: \`empty\` (all), \`empty-keys-last\` (all but keys), \`after-data\` (none) or \`auto\` (those whose builds would not fit ${input('temp-budget')}).`,
    choice(INDEX_STRATEGIES),
    preset<(typeof INDEX_STRATEGIES)[number]>('empty'),
    { env: ['INDEX_STRATEGY'] },
  ),
  validateForeignKeys: row(
    'validate-foreign-keys',
    'When the rows are compared with foreign keys: `now` (as each is added) or `later` (all are added `NOT VALID`, then each is validated in a transaction of its own, which keeps nobody from using its tables).',
    choice(VALIDATE_FOREIGN_KEYS),
    preset<ValidateForeignKeys>('now'),
  ),
  tempBudget: row<number | null>(
    'temp-budget',
    phrase`How much the server may write into temporary files at once, \`8KB\` at least: while ${input('index-strategy', 'auto')} builds indexes, and while foreign keys are checked and materialized views are refreshed.`,
    size(8 * 1024, MB * MB),
    none("the target's `temp_file_limit`, else `1GB`"),
    { env: ['TEMP_BUDGET'] },
  ),
  indexOverrides: row<readonly IndexOverride[]>(
    'index-strategy-overrides',
    phrase`What holds for single tables or indexes whatever ${input('index-strategy')} says, one a line: \`app.events=empty\`, \`app.events_idx=after-data\`. What is said of an index counts before what is said of its table.`,
    indexOverrides,
    empty([]),
    { kind: 'lines' },
  ),
  analyze: row('analyze', 'Run ANALYZE after the last phase.', boolean, preset(true)),
  verify: row(
    'verify',
    'Compare the target with the manifest: `true` (loaded rows, indexes, constraints, sequences, counts of objects), `full` (also counts the rows of every table, and compares the definition of each object), `content` (also compares the rows themselves, which are read again on both sides), `false`.',
    verifyLevel,
    preset<VerifyLevel>('true'),
    { kind: 'flag' },
  ),
  recordProof: row(
    'record-proof',
    phrase`Leave a proof beside the backup once the restore of all of it was verified: when, how long it took, by which version. Shown by \`list\` and \`status\`, kept by ${input('keep-proven')}.`,
    boolean,
    preset(false),
  ),
  keepOwner: row('keep-owner', 'Restore owners as dumped.', boolean, preset(false)),
  keepPrivileges: row('keep-privileges', 'Restore GRANTs as dumped.', boolean, preset(false)),
  keepDatabaseSettings: row(
    'keep-database-settings',
    'Apply the settings of the database (`ALTER DATABASE … SET`) and its GRANTs at the end, as far as the owner of a database may set them; else the log has them as SQL to paste.',
    boolean,
    preset(false),
  ),
  roleMap: row<readonly RoleRename[]>(
    'role-map',
    phrase`What roles of the backup are called on the target, one a line: \`old=new\`, names as they are or in double quotes. It counts for owners (${input('keep-owner')}), GRANTs (${input('keep-privileges')}), policies and user mappings.`,
    roleMap,
    empty([]),
    { kind: 'lines' },
  ),
  confirm: row<string | null>(
    'confirm',
    "When given, must equal the target database's name: for restores started by hand.",
    line,
    none(),
  ),
};
