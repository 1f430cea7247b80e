import type { IndexOverride } from '../plan/index-overrides.js';
import { INDEX_CHOICES } from '../plan/index-strategy.js';
import { namePattern } from './name-pattern.js';
import { bad, good, quoted, type Parsed } from './parser.js';
import { listed } from './scalars.js';

/** One table or index a line, `app.events=empty`. Blank lines are passed over. */
export function indexOverrides(text: string): Parsed<readonly IndexOverride[]> {
  const overrides = new Map<string, IndexOverride>();
  const faults: string[] = [];
  for (const written of text.split(/\r?\n/).map((one) => one.trim())) {
    if (written === '') continue;
    const at = written.lastIndexOf('=');
    const parts = at === -1 ? null : namePattern(written.slice(0, at).trim());
    const word = written.slice(at + 1).trim();
    const choice = INDEX_CHOICES.find((known) => known === word);
    if (parts === null) {
      faults.push(
        `${quoted(written)} is no override: write a table or an index, \`=\` and a choice, as \`app.events=empty\`; names with capitals, dots or spaces in double quotes`,
      );
    } else if (choice === undefined) {
      faults.push(`${quoted(written)}: ${quoted(word)} is not known: use one of ${listed(INDEX_CHOICES)}`);
    } else {
      const [first = '', second] = parts;
      const named = second === undefined ? { schema: null, name: first } : { schema: first, name: second };
      const key = JSON.stringify(named);
      const other = overrides.get(key);
      if (other !== undefined && other.choice !== choice) {
        faults.push(`${quoted(other.text)} and ${quoted(written)} contradict each other: keep one of them`);
      }
      overrides.set(key, { ...named, choice, text: written });
    }
  }
  return faults.length > 0 ? bad(...faults) : good([...overrides.values()]);
}
