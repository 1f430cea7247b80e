/** Figures and other rows of results as Markdown tables. Pure. */

/** One measured figure, beside what it is compared with. */
export interface Figure {
  /** What was measured: `backup, wall`. */
  figure: string;
  ours: string;
  comparedWith: string;
  /** Ours divided by the other, where both are of a kind. */
  ratio: number | null;
  /** Empty where none was set. */
  aim: string;
  /** null where there is no aim, or nothing to compare with. */
  met: boolean | null;
}

interface Times {
  wallMs: number;
  cpuMs: number;
}

/** Our times beside those of the bundle before, without an aim. */
export function comparedBundles(what: string, ours: Times, before: Times): Figure[] {
  const row = (name: string, oursMs: number, beforeMs: number): Figure =>
    comparedTimes(`${what}, ${name}`, oursMs, { command: 'the bundle before', ms: beforeMs }, null);
  return [row('wall', ours.wallMs, before.wallMs), row('CPU', ours.cpuMs, before.cpuMs)];
}

/** Our time beside that of another way; `aim`: the ratio is to be at most that, or `below` it. */
export function comparedTimes(
  figure: string,
  ours: number,
  other: { command: string; ms: number },
  aim: { atMost: number } | { below: number } | null,
): Figure {
  const ratio = ours / other.ms;
  const met = aim === null ? null : 'below' in aim ? ratio < aim.below : ratio <= aim.atMost;
  return {
    figure,
    ours: seconds(ours),
    comparedWith: `${other.command}: ${seconds(other.ms)}`,
    ratio,
    aim: aim === null ? '' : 'below' in aim ? `below ${aim.below}` : `at most ${aim.atMost}`,
    met,
  };
}

/** What should have been measured, and was not. */
export function failedFigure(figure: string, fault: string): Figure {
  return { figure, ours: `failed: ${fault}`, comparedWith: '', ratio: null, aim: 'an end', met: false };
}

/** A table of figures, with whether each aim is met. */
export function figureTable(figures: readonly Figure[]): string {
  return table(
    ['figure', 'ours', 'compared with', 'ratio', 'aim', 'met?'],
    figures.map(({ figure, ours, comparedWith, ratio, aim, met }) => [
      figure,
      ours,
      comparedWith,
      ratio === null ? '' : ratio.toFixed(2),
      aim,
      met === null ? '' : met ? 'yes' : '**no**',
    ]),
  );
}

/** A Markdown table whose columns are aligned, so that it reads well in a terminal too. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)));
  const render = (cells: readonly string[], fill: string) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [first = [], ...rest] = lines.map((cells) => render(cells, ' '));
  return [first, render([], '-'), ...rest].join('\n');
}

/** `12.3 s` */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** `1,234 MB`, of 1,000,000 bytes; smaller ones in kB or bytes. */
export function bytes(sizeBytes: number): string {
  if (sizeBytes < 10_000) return `${sizeBytes.toLocaleString('en')} B`;
  if (sizeBytes < 10_000_000) return `${(sizeBytes / 1e3).toLocaleString('en', { maximumFractionDigits: 0 })} kB`;
  return `${(sizeBytes / 1e6).toLocaleString('en', { maximumFractionDigits: 0 })} MB`;
}
