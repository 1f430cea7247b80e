import type { SkipEntry } from '../plan/selection.js';
import { ENTRY_KINDS } from './entry-kinds.js';
import type { Parsed } from './parser.js';
import { bad, good, quoted } from './parser.js';
import { identifierFault } from './scalars.js';

/** Kinds have spaces, and one may begin with another (`INDEX`, `INDEX ATTACH`): the longest is tried first. */
const LONGEST_FIRST: readonly string[] = [...ENTRY_KINDS].sort((a, b) => b.length - a.length);

/** Kinds whose entries have one name behind their schema, and not also that of a table or arguments. */
const ONE_NAME: ReadonlySet<string> = new Set(
  [
    'TABLE,TABLE DATA,TABLE ATTACH,VIEW,MATERIALIZED VIEW,MATERIALIZED VIEW DATA,FOREIGN TABLE,INDEX,INDEX ATTACH,SEQUENCE,SEQUENCE SET',
    'SEQUENCE OWNED BY,SCHEMA,EXTENSION,TYPE,DOMAIN,COLLATION,STATISTICS,EVENT TRIGGER,PUBLICATION,SUBSCRIPTION,SERVER,FOREIGN DATA WRAPPER',
  ].flatMap((kinds) => kinds.split(',')),
);

/** `name` or `schema.name`, each with dots of its own perhaps: too long however it is meant. */
function tooLong(name: string): string | null {
  const whole = identifierFault(name);
  const dots = [...name.matchAll(/\./g)].map(({ index }) => index);
  const fits = dots.some((at) =>
    [name.slice(0, at), name.slice(at + 1)].every((part) => identifierFault(part) === null),
  );
  return fits ? null : whole;
}

/** One entry a line: a kind, or a kind and a name. Blank lines are passed over. */
export function skipEntries(text: string): Parsed<readonly SkipEntry[]> {
  const entries: SkipEntry[] = [];
  const faults: string[] = [];
  for (const written of text.split(/\r?\n/).map((one) => one.trim())) {
    if (written === '') continue;
    const kind = LONGEST_FIRST.find((known) => written === known || written.startsWith(`${known} `));
    if (kind === undefined) faults.push(unknownKind(written));
    else {
      const name = written.slice(kind.length).trim() || null;
      const fault = name === null || !ONE_NAME.has(kind) ? null : tooLong(name);
      if (fault === null) entries.push({ desc: kind, name, text: written });
      else faults.push(`${fault}: write it as \`pg_restore --list\` shows it`);
    }
  }
  return faults.length > 0 ? bad(...faults) : good(entries);
}

function unknownKind(written: string): string {
  const near = nearKinds(written);
  const advice =
    near.length > 0
      ? `did you mean ${near.map((kind) => `\`${kind}\``).join(', ')}?`
      : 'write a kind as `pg_restore --list` shows it (`INDEX`, `EVENT TRIGGER`, `FK CONSTRAINT` …), and behind it a name if you like';
  return `${quoted(written)} does not begin with a kind of entry: ${advice}`;
}

/** Kinds are written in capitals; else those that share a word with the text, or the beginning of its first word. */
function nearKinds(written: string): string[] {
  const words = written.toUpperCase().split(/\s+/);
  const said = words.join(' ');
  const exact = LONGEST_FIRST.find((kind) => said === kind || said.startsWith(`${kind} `));
  if (exact !== undefined) return [exact];
  const first = words[0] ?? '';
  const near = ENTRY_KINDS.filter((kind) => {
    const parts = kind.split(' ');
    const begins = first.length >= 3 && parts.some((part) => part.slice(0, 3) === first.slice(0, 3));
    return begins || parts.some((part) => words.slice(0, 2).includes(part));
  });
  return near.slice(0, 6);
}
