const GIB = 1024 ** 3;

/** Bytes of temporary files that a restore may have at the same time. `limit`: the target's temp_file_limit, null for none. */
export function tempBudgetOf(limit: number | null): number {
  return limit ?? GIB;
}
