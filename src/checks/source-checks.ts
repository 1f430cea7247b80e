import { rowOptions } from '../dump/row-options.js';
import { PhaseliftError } from '../foundation/errors.js';
import { formatExact, plural } from '../foundation/format.js';
import { input, joined, phrase, plain, type Text } from '../foundation/text.js';
import { identifierLine } from '../postgres/sql.js';
import type { ReadingScope, Unreadable, UnreadableRelation } from '../postgres/unreadable.js';
import { visibleLine } from '../report/escape.js';

/**
 * Whether the role may read what pg_dump is going to read. pg_dump itself stops at the first thing that it may not read, which
 * may be after hours; here all of them are told at once, before it begins, with the statements that grant what is missing.
 */

const CHOOSES_SOME = /^--(?:schema|table|table-and-children|extension)=/;
const CHOOSES = new RegExp(`${CHOOSES_SOME.source}|^--exclude-`);
const NO_LARGE_OBJECTS = new Set(['--no-blobs', '--no-large-objects']);
const LARGE_OBJECTS = new Set(['--blobs', '--large-objects']);

/** False where options of pg_dump choose among the objects: then pg_dump alone knows which of them it reads. */
export function readsAll(dumpOptions: readonly string[]): boolean {
  return !dumpOptions.some((option) => CHOOSES.test(option));
}

/** What a pg_dump with these options reads, of all that there is. */
export function readingScope(dumpOptions: readonly string[]): ReadingScope {
  const { role, rowSecurity } = rowOptions(dumpOptions);
  const has = (options: ReadonlySet<string>): boolean => dumpOptions.some((option) => options.has(option));
  const isWhole = !dumpOptions.some((option) => CHOOSES_SOME.test(option));
  return {
    role,
    onlyVisibleRows: rowSecurity,
    largeObjects: !has(NO_LARGE_OBJECTS) && (isWhole || has(LARGE_OBJECTS)),
  };
}

/** A role for `--role` that whoever has logged in may not become. */
export function roleRefused(role: string, cause: PhaseliftError): PhaseliftError {
  return new PhaseliftError(
    'CHECKS',
    phrase`the role of ${plain('source-user')} may not act as ${visibleLine(role)}, which \`--role\` among ${plain('dump-options')} names: ${cause.reason}`,
    {
      object: `ROLE ${role}`,
      sqlState: cause.sqlState,
      cause,
      hint: phrase`As an administrator run, with the name of ${plain('source-user')} in the place of the dots: GRANT ${identifierLine(role)} TO …;`,
    },
  );
}

const NAMED = 5;
/** More lines than this nobody reads. */
const LISTED = 50;

/** All that the role may not read, as one fault; null when it may read everything. Pure. */
export function readingFault(unreadable: Unreadable, database: string): PhaseliftError | null {
  const { relations, largeObjects, role } = unreadable;
  const titles = relations.map(titleOf);
  if (largeObjects.count > 0) titles.push(titleOfLargeObjects(largeObjects));
  const [first] = titles;
  if (first === undefined) return null;
  const count = plural(relations.length + largeObjects.count, 'object');
  const named = `${titles.slice(0, NAMED).join(', ')}${titles.length > NAMED ? ' …' : ''}`;
  const head = `the role ${visibleLine(role)} may not read ${count} of ${visibleLine(database)}: ${named}`;
  const lines = relations.slice(0, LISTED).map((one) => `  ${titleOf(one)}  (${reasonsOf(one).join('; ')})`);
  if (relations.length > LISTED) lines.push(`  and ${formatExact(relations.length - LISTED)} more`);
  if (largeObjects.count > 0) lines.push(`  ${titleOfLargeObjects(largeObjects)}  (SELECT is missing)`);
  return new PhaseliftError('CHECKS', [head, ...lines].join('\n'), { object: first, hint: hintFor(unreadable) });
}

function titleOf({ kind, schema, name }: Pick<UnreadableRelation, 'kind' | 'schema' | 'name'>): string {
  return `${kind} ${visibleLine(schema)}.${visibleLine(name)}`;
}

function titleOfLargeObjects({ count, some }: Unreadable['largeObjects']): string {
  return `${count === 1 ? 'LARGE OBJECT' : 'LARGE OBJECTS'} ${some.join(', ')}${count > some.length ? ' …' : ''}`;
}

function reasonsOf({ lacksUsage, lacksSelect, hidesRows }: UnreadableRelation): string[] {
  return [
    ...(lacksUsage ? ['USAGE of the schema is missing'] : []),
    ...(lacksSelect ? ['SELECT is missing'] : []),
    ...(hidesRows ? ['row-level security hides rows'] : []),
  ];
}

/** pg_read_all_data came with it. */
const ALL_DATA_SINCE = 14;
/** With more missing grants than this, one that covers all comes first. */
const FEW = 3;

function hintFor({ relations, largeObjects, role, major }: Unreadable): Text {
  const who = identifierLine(role);
  const ungranted = relations.filter(({ lacksUsage, lacksSelect }) => lacksUsage || lacksSelect);
  const hidden = relations.filter(({ hidesRows }) => hidesRows);
  const excluded = [...ungranted, ...hidden].some(({ kind }) => kind === 'TABLE');
  const without = [
    ...(excluded ? [phrase`\`--exclude-table=…\` leaves a table out`] : []),
    ...(hidden.length > 0 ? ['`--enable-row-security` backs up the visible rows only'] : []),
    ...(largeObjects.count > 0 ? ['`--no-blobs` leaves large objects out'] : []),
  ];
  const options = without.length === 0 ? '' : phrase`; or give ${input('dump-options')}: ${joined(without, ', ')}`;
  return joined(
    [
      phrase`As their owner or an administrator run this, then run again${options}:`,
      ...grants(ungranted, who, major),
      ...(hidden.length > 0 ? [`ALTER ROLE ${who} BYPASSRLS;`] : []),
      ...(largeObjects.count > 0 ? [grantOnLargeObjects(largeObjects, role)] : []),
      ...(hidden.length > 0
        ? [
            'Without BYPASSRLS the role reads all rows of tables that it owns, unless they are under FORCE ROW LEVEL SECURITY.',
          ]
        : []),
    ],
    '\n',
  );
}

function grants(relations: readonly UnreadableRelation[], who: string, major: number): string[] {
  if (relations.length === 0) return [];
  const schemas = [...new Set(relations.filter(({ lacksUsage }) => lacksUsage).map(({ schema }) => schema))];
  const usage = schemas.map((schema) => `GRANT USAGE ON SCHEMA ${identifierLine(schema)} TO ${who};`);
  const select = relations.filter(({ lacksSelect }) => lacksSelect);
  const isFew = select.length + usage.length <= FEW;
  if (!isFew && major >= ALL_DATA_SINCE) return [`GRANT pg_read_all_data TO ${who};`];
  if (isFew) {
    const each = select.map(
      ({ kind, schema, name }) =>
        `GRANT SELECT ON ${kind} ${identifierLine(schema)}.${identifierLine(name)} TO ${who};`,
    );
    return [...usage, ...each];
  }
  const all = (kind: UnreadableRelation['kind']): string[] =>
    [...new Set(select.filter((one) => one.kind === kind).map(({ schema }) => schema))].map(
      (schema) => `GRANT SELECT ON ALL ${kind}S IN SCHEMA ${identifierLine(schema)} TO ${who};`,
    );
  return [...usage, ...all('TABLE'), ...all('SEQUENCE')];
}

/** There is no GRANT for all of them: psql makes one for each. */
function grantOnLargeObjects({ count, some }: Unreadable['largeObjects'], role: string): string {
  const who = identifierLine(role);
  if (count <= some.length) return `GRANT SELECT ON LARGE OBJECT ${some.join(', ')} TO ${who};`;
  return `SELECT 'GRANT SELECT ON LARGE OBJECT ' || oid || ' TO ${who.replaceAll("'", "''")}' FROM pg_catalog.pg_largeobject_metadata \\gexec`;
}
