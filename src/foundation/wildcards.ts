/**
 * For whole texts that have these parts in this order, and anything between two of them: what a pattern with `*` means. A part is a
 * piece of a regular expression that matches texts of one length, as letters and `.` do.
 *
 * What stands before a part is as short as it can be and is not tried otherwise (each is looked up once, by a lookahead, and then taken as it
 * is): that loses nothing, and a pattern of many `*` takes no longer than one. With `.*` in their places a dozen take years.
 */
export function betweenStars(parts: readonly string[], flags: string): RegExp {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  const inner = rest.map((part, index) => `(?=(.*?${part}))\\${index + 1}`).join('');
  return new RegExp(`^${first}${inner}${last === undefined ? '' : `.*${last}`}$`, flags);
}
