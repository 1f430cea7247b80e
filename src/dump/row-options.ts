/** What of `dump-options` changes how rows are read, and how locks are taken: our sessions must do as pg_dump does. */
export interface RowOptions {
  /** `--role` */
  role: string | null;
  /** `--extra-float-digits`, as given. */
  extraFloatDigits: string | null;
  /** `--lock-wait-timeout`, as given: milliseconds, or with a unit. */
  lockWaitTimeout: string | null;
  /** `--enable-row-security`: only the visible rows, instead of an error. */
  rowSecurity: boolean;
  /** `--quote-all-identifiers`: names that are values, as of `regclass`, are written so as well. */
  quoteAll: boolean;
  /** `--serializable-deferrable` */
  deferrable: boolean;
}

/** Reads them from the list, in which each option is one text: `--role=app`. */
export function rowOptions(dumpOptions: readonly string[]): RowOptions {
  const valueOf = (name: string): string | null =>
    dumpOptions.findLast((option) => option.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  return {
    role: valueOf('--role'),
    extraFloatDigits: valueOf('--extra-float-digits'),
    lockWaitTimeout: valueOf('--lock-wait-timeout'),
    rowSecurity: dumpOptions.includes('--enable-row-security'),
    quoteAll: dumpOptions.includes('--quote-all-identifiers'),
    deferrable: dumpOptions.includes('--serializable-deferrable'),
  };
}
