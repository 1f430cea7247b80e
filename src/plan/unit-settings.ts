/**
 * Settings of the server that hold for the transaction of one unit, and what they may be: the names and values become SQL, and a plan
 * comes back out of the journal, which lies in a database.
 */
export const UNIT_SETTINGS = {
  enable_hashjoin: /^(?:on|off)$/,
  enable_mergejoin: /^(?:on|off)$/,
  /** With its unit: `64MB`. */
  maintenance_work_mem: /^[1-9]\d{0,9}(?:kB|MB|GB)$/,
  max_parallel_maintenance_workers: /^\d{1,4}$/,
} as const satisfies Readonly<Record<string, RegExp>>;

/** The settings of a unit by their names. */
export type UnitSettings = { [Name in keyof typeof UNIT_SETTINGS]?: string };

/** SQL that sets them to the end of the transaction; empty for none. Throws RangeError for what is not in UNIT_SETTINGS. */
export function settingStatements(settings: UnitSettings): string {
  const known = new Map<string, RegExp>(Object.entries(UNIT_SETTINGS));
  return Object.entries(settings)
    .map(([name, value]) => {
      if (known.get(name)?.test(value) !== true) throw new RangeError(`a unit cannot set ${name} to ${value}`);
      return `SET LOCAL ${name} = '${value}';`;
    })
    .join('\n');
}
