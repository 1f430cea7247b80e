import type { RoleRename } from '../archive/renamed-roles.js';
import { bad, good, quoted, type Parsed } from './parser.js';
import { identifierFault } from './scalars.js';

/** Names that no role can have. */
const RESERVED: ReadonlySet<string> = new Set(['public', 'none']);

/** `old=new`, each as it stands or in double quotes. */
const LINE = /^("(?:[^"]|"")+"|[^="]+)\s*=\s*("(?:[^"]|"")+"|[^="]+)$/;

/** One role a line, `old=new`. Blank lines are passed over. */
export function roleMap(text: string): Parsed<readonly RoleRename[]> {
  const renames = new Map<string, RoleRename>();
  const faults: string[] = [];
  for (const written of text.split(/\r?\n/).map((one) => one.trim())) {
    if (written === '') continue;
    const match = LINE.exec(written);
    if (match === null) {
      faults.push(
        `${quoted(written)} is not \`old=new\`: write the role of the backup, \`=\` and what it is called on the target; names with \`=\` or \`"\` in double quotes`,
      );
      continue;
    }
    const [from, to] = [nameOf(match[1]), nameOf(match[2])];
    const fault = identifierFault(from) ?? identifierFault(to);
    if (fault !== null) faults.push(fault);
    else if (RESERVED.has(to)) faults.push(`${quoted(written)}: no role can be called ${quoted(to)}`);
    else if (from === to) faults.push(`${quoted(written)} changes nothing: leave it out`);
    else if (renames.has(from)) faults.push(`${quoted(from)} stands there more than once: keep one of the lines`);
    else renames.set(from, { from, to });
  }
  return faults.length > 0 ? bad(...faults) : good([...renames.values()]);
}

function nameOf(text = ''): string {
  const name = text.trim();
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
