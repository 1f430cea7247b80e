import bytes from 'bytes';

/** Numbers for people. The language is always English, so that logs of any machine read the same. */

const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const units = {
  day: unitFormat('day', 0),
  hour: unitFormat('hour', 0),
  minute: unitFormat('minute', 0),
  second: unitFormat('second', 0),
  tenths: unitFormat('second', 1),
};

function unitFormat(unit: string, maximumFractionDigits: number): Intl.NumberFormat {
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits });
}

/** `1.2 GiB`; powers of 1024, as sizes in the inputs are. Three digits or more carry no decimals. */
export function formatBytes(sizeBytes: number): string {
  return formatWithBinaryUnit(sizeBytes, 100);
}

/** `85 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatWithBinaryUnit(bytesPerSecond, 10)}/s`;
}

/** The library says KB for 1024 bytes; with decimals only below `wholeFrom`. */
function formatWithBinaryUnit(sizeBytes: number, wholeFrom: number): string {
  const rounded = Math.max(0, Math.round(sizeBytes));
  const fine = bytes.format(rounded, { decimalPlaces: 1, unitSeparator: ' ' });
  if (fine === null) return '? B';
  const text = parseFloat(fine) < wholeFrom ? fine : bytes.format(rounded, { decimalPlaces: 0, unitSeparator: ' ' });
  return (text ?? fine).replace(/([KMGTP])B$/, '$1iB');
}

/** `412`, `99,999`, `12.3 M`: short, for progress lines. */
export function formatCount(count: number): string {
  if (count < 100_000) return exact.format(count);
  return compact.format(count).replace(/([A-Z])$/, ' $1');
}

/** `12,345,678`: every digit, for tables. */
export function formatExact(count: number): string {
  return exact.format(count);
}

/** `0.4 sec`, `12 sec`, `4 min 5 sec`, `2 hr 7 min`: the two units that matter. */
export function formatDuration(elapsedMs: number): string {
  const ms = Math.max(0, elapsedMs);
  if (ms < 9_950) return units.tenths.format(ms / 1000);
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return units.second.format(seconds);
  if (seconds < 3600) return pair(units.minute, Math.floor(seconds / 60), units.second, seconds % 60);
  const minutes = Math.round(seconds / 60);
  return pair(units.hour, Math.floor(minutes / 60), units.minute, minutes % 60);
}

/** `12 min`, `26 hr`, `12 days`: one unit, rounded down, for what is compared with a day or two. */
export function formatAge(ageMs: number): string {
  const minutes = Math.floor(Math.max(0, ageMs) / 60_000);
  if (minutes < 60) return units.minute.format(minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 72 ? units.hour.format(hours) : units.day.format(Math.floor(hours / 24));
}

function pair(large: Intl.NumberFormat, many: number, small: Intl.NumberFormat, rest: number): string {
  return rest === 0 ? large.format(many) : `${large.format(many)} ${small.format(rest)}`;
}

/** `2026-07-14 03:12:45 UTC`. */
export function formatTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `2026-07-14 03:12`, of UTC. */
export function formatMinute(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
}

/** `1 row`, `12.3 M rows`: short, for progress lines. */
export function shortPlural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `1 unit`, `2 units`. */
export function plural(count: number, noun: string): string {
  return `${formatExact(count)} ${noun}${count === 1 ? '' : 's'}`;
}
