import { input, phrase, type Text } from '../foundation/text.js';
import type { Parsed } from './parser.js';
import { bad, good, quoted } from './parser.js';

/**
 * What pg_dump may be told, by full name. They choose what is dumped and how rows are written; none of them changes what kind
 * of archive it is, where it goes, how the server is reached, or which sections there are. Source: pg_dump's reference, 12 to 18.
 */
const WITH_VALUE: ReadonlySet<string> = new Set([
  '--encoding',
  '--exclude-extension',
  '--exclude-schema',
  '--exclude-table',
  '--exclude-table-and-children',
  '--exclude-table-data',
  '--exclude-table-data-and-children',
  '--extension',
  '--extra-float-digits',
  '--lock-wait-timeout',
  '--role',
  '--rows-per-insert',
  '--schema',
  '--table',
  '--table-and-children',
]);

const WITHOUT_VALUE: ReadonlySet<string> = new Set([
  '--blobs',
  '--column-inserts',
  '--disable-dollar-quoting',
  '--enable-row-security',
  '--inserts',
  '--large-objects',
  '--load-via-partition-root',
  '--no-blobs',
  '--no-comments',
  '--no-large-objects',
  '--no-policies',
  '--no-privileges',
  '--no-publications',
  '--no-security-labels',
  '--no-statistics',
  '--no-subscriptions',
  '--no-sync',
  '--no-toast-compression',
  '--no-unlogged-table-data',
  '--on-conflict-do-nothing',
  '--quote-all-identifiers',
  '--serializable-deferrable',
  '--statistics',
  '--strict-names',
]);

const FORMAT = 'the format of the archive and where it goes are fixed: remove it';
const CONNECTION = phrase`the connection has inputs of its own: use ${input('source-host')}, ${input('source-user')} … or ${input('source-url')}`;
const SECTIONS = 'a restore needs all sections of the archive for its four phases: remove it';
const AT_RESTORE = 'it has no effect on an archive, only on a restore: remove it';

/** Options that people try, and why not. */
const REFUSED: ReadonlyMap<string, Text> = new Map<string, Text>([
  ...(['--format', '--file', '--sync-method'] as const).map((option) => [option, FORMAT] as const),
  ...(['--dbname', '--host', '--port', '--username', '--no-password', '--password'] as const).map(
    (option) => [option, CONNECTION] as const,
  ),
  ...(['--section', '--schema-only', '--data-only', '--statistics-only', '--no-schema', '--no-data'] as const).map(
    (option) => [option, SECTIONS] as const,
  ),
  ...(['--clean', '--create', '--if-exists', '--disable-triggers', '--superuser', '--restrict-key'] as const).map(
    (option) => [option, AT_RESTORE] as const,
  ),
  ['--use-set-session-authorization', AT_RESTORE],
  ['--compress', phrase`use the input ${input('dump-compress')}`],
  ['--jobs', 'an archive that is streamed has one writer: remove it'],
  ['--no-owner', phrase`owners are left out unless the restore says ${input('keep-owner')}: remove it`],
  [
    '--no-tablespaces',
    phrase`tablespaces are left out unless the restore says ${input('keep-tablespaces')}: remove it`,
  ],
  [
    '--no-table-access-method',
    phrase`access methods are left out unless the restore says ${input('keep-access-methods')}: remove it`,
  ],
  ['--include-foreign-data', 'a restore would write to the foreign server, outside of its transaction: remove it'],
  ['--snapshot', 'the snapshot of another session may be gone when the dump starts: remove it'],
  ['--filter', 'it reads a file that the tools may not see: give its lines as options'],
  ['--binary-upgrade', 'it is for pg_upgrade only: remove it'],
  ['--verbose', phrase`use the input ${input('debug')}`],
]);

/** The options that may be given, as the README lists them. */
export const SAFE_DUMP_OPTIONS: readonly string[] = [
  ...[...WITH_VALUE].map((option) => `${option}=…`),
  ...WITHOUT_VALUE,
].sort();

const KNOWN: readonly string[] = [...WITH_VALUE, ...WITHOUT_VALUE, ...REFUSED.keys()];

/** One argument a line, handed to pg_dump as it stands (no shell, no quotes). Blank lines are passed over. */
export function dumpOptions(text: string): Parsed<readonly string[]> {
  const lines = text
    .split(/\r?\n/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const faults = lines.map(faultOf).filter((fault) => fault !== null);
  return faults.length > 0 ? bad(...faults) : good(lines);
}

/** Values are not shown: that of an option which does not belong here may be a password. */
function faultOf(argument: string): Text | null {
  const shown = quoted(argument.startsWith('-') ? argument.replace(/=.+$/s, '=…') : argument);
  if (!argument.startsWith('-'))
    return `${shown} is no option: write one a line, as \`--option\` or \`--option=value\``;
  if (!argument.startsWith('--')) return `${shown} is a short option: write the full name, \`--option=value\``;
  const equals = argument.indexOf('=');
  const option = equals < 0 ? argument : argument.slice(0, equals);
  const value = equals < 0 ? null : argument.slice(equals + 1);

  if (WITH_VALUE.has(option)) {
    if (value === null || value === '') return `${shown} needs a value: write \`${option}=value\``;
    return /\p{Cc}/u.test(value) ? `${shown} has control characters: remove them` : null;
  }
  if (WITHOUT_VALUE.has(option)) return value === null ? null : `${shown} takes no value: write \`${option}\``;
  const reason = REFUSED.get(option);
  if (reason !== undefined) return phrase`${shown} is refused: ${reason}`;
  return unknown(shown, option);
}

function unknown(shown: string, option: string): Text {
  const first = option.split(/\s/)[0] ?? option;
  if (WITH_VALUE.has(first)) return `${shown} has a space behind the option: write \`${first}=value\``;
  if (KNOWN.includes(first)) return `${shown} is more than one option: write one a line`;
  const full = option.length > 2 ? KNOWN.filter((known) => known.startsWith(option)) : [];
  // pg_dump takes abbreviations, so a refused option could slip in as one.
  const safe = full.filter((known) => !REFUSED.has(known)).map((known) => `\`${known}\``);
  if (safe.length > 0) return `${shown} is an abbreviation: write the full name, ${safe.join(' or ')}`;
  const [refused] = full;
  if (refused !== undefined) {
    return phrase`${shown} is short for \`${refused}\`, which is refused: ${REFUSED.get(refused) ?? ''}`;
  }
  return `${shown} is not among the options that are safe here: see the list of them in the README`;
}
