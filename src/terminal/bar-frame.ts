/** One frame of a progress bar, as text for a given width: pure. */
import { Format } from 'cli-progress';
import { formatBytes, formatDuration, formatExact, formatRate, shortPlural } from '../foundation/format.js';
import type { ProgressSnapshot } from '../report/progress.js';

/** Widths in columns. */
const LABEL = 11;
const NARROW_BAR = 8;
const BAR_SIZES = [24, 16, NARROW_BAR];

interface Part {
  text: string;
  /** In a narrow terminal the parts with the highest rank are left out first. */
  rank: number;
}

/**
 * `data        [======----------]  35%  1.2 GiB  12.3 M rows  85 MiB/s  4 min left`, never wider than `columns`: first the bar
 * gets narrow, then parts are left out, the least important first. What is unknown is left out.
 */
export function barFrame(label: string, now: ProgressSnapshot, columns: number): string {
  const parts = partsOf(now);
  // 100 % is for what is complete: an estimate may have been too low.
  const fraction = now.fraction === null ? null : Math.min(0.99, now.fraction);
  return fitted(label, fraction, parts, columns);
}

/**
 * The line that stays: `texts` say what this piece of work did, the longest first; the first that fits counts. The last is
 * never cut, as nothing is drawn over this line. Only what is done is at 100 %.
 */
export function lastFrame(label: string, fraction: number | null, texts: readonly string[], columns: number): string {
  const lines = texts.flatMap((text) => BAR_SIZES.map((size) => lineOf(label, fraction, size, [text])));
  const line = lines.find(({ length }) => length < columns) ?? lines.at(-1) ?? '';
  // In the last column the cursor waits on the last character, which the clearing of the rest would take along.
  return line.length % columns === 0 ? `${line} ` : line;
}

function partsOf(now: ProgressSnapshot): Part[] {
  const parts: Part[] = [];
  if (now.bytes > 0) parts.push({ text: formatBytes(now.bytes), rank: 2 });
  if (now.rows > 0) parts.push({ text: shortPlural(now.rows, 'row'), rank: 3 });
  const { units: totalUnits } = now.totals;
  if (totalUnits !== null && totalUnits > 0 && now.totals.bytes === null) {
    parts.push({ text: `${formatExact(now.units)} of ${formatExact(totalUnits)} units`, rank: 2 });
  }
  if (now.bytes > 0 && now.bytesPerSecond !== null) parts.push({ text: formatRate(now.bytesPerSecond), rank: 1 });
  if (now.remainingMs !== null) {
    parts.push({ text: `${formatDuration(Math.max(1000, now.remainingMs))} left`, rank: 0 });
  } else {
    parts.push({ text: formatDuration(now.elapsedMs), rank: 0 });
  }
  return parts;
}

function fitted(label: string, fraction: number | null, parts: readonly Part[], columns: number): string {
  // The last column stays free: some terminals wrap when it is written.
  const width = Math.max(1, columns - 1);
  let shown = parts;
  for (;;) {
    const texts = shown.map(({ text }) => text);
    for (const size of BAR_SIZES) {
      const line = lineOf(label, fraction, size, texts);
      if (line.length <= width) return line;
    }
    if (shown.length === 0) return lineOf(label, fraction, NARROW_BAR, []).slice(0, width);
    const least = Math.max(...shown.map(({ rank }) => rank));
    shown = shown.filter(({ rank }) => rank !== least);
  }
}

function lineOf(label: string, fraction: number | null, barSize: number, texts: readonly string[]): string {
  const percent = fraction === null ? '    ' : `${Math.floor(fraction * 100)}%`.padStart(4);
  return [`${label.padEnd(LABEL)} [${bar(fraction ?? 0, barSize)}] ${percent}`, ...texts].join('  ').trimEnd();
}

function bar(fraction: number, size: number): string {
  return Format.BarFormat(fraction, {
    barsize: size,
    barCompleteString: '='.repeat(size),
    barIncompleteString: '-'.repeat(size),
    barGlue: '',
  });
}
