/** Something that is not done as the strategy, or the size of a table, would have it. */
export interface Exception {
  /** `INDEX app.i is built after the data`. */
  what: string;
  /** The object in it. */
  title: string;
  reason: string;
}

const LINES_FOR_ONE_REASON = 3;
const TITLES_IN_A_LINE = 5;

/** A line for each, or one for all where many share a reason: one function may stand behind hundreds of indexes. */
export function reasonLines(exceptions: readonly Exception[]): string[] {
  const sharing = new Map<string, string[]>();
  for (const { title, reason } of exceptions) {
    const titles = sharing.get(reason);
    if (titles === undefined) sharing.set(reason, [title]);
    else titles.push(title);
  }
  return exceptions.flatMap(({ what, title, reason }) => {
    const line = `${what}: ${reason}`;
    const titles = sharing.get(reason) ?? [];
    const more = titles.length - 1;
    if (more < LINES_FOR_ONE_REASON) return [line];
    if (title !== titles[0]) return [];
    const named = titles.slice(1, 1 + TITLES_IN_A_LINE).join(', ');
    return [`${line}; so are ${more} more: ${named}${more > TITLES_IN_A_LINE ? ', …' : ''}`];
  });
}
