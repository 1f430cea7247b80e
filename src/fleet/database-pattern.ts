/** Patterns of database names: `*` is any text, `?` any character; all else is itself, as names in the catalog are. */
import { betweenStars } from '../foundation/wildcards.js';

export function matchesName(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('?', '.');
  return betweenStars(escaped.split('*'), 'su').test(name);
}

/** False for what can only be a name. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}
