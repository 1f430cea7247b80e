const GIB = 1024 ** 3;

/** What the target has for work that sorts or hashes. */
export interface TempRoom {
  /** Of temporary files, for all that runs at the same time. */
  tempBytes: number;
  /** maintenance_work_mem of our sessions. */
  memoryBytes: number;
}

/** Bytes of temporary files that a restore may have at the same time. `limit`: the target's temp_file_limit, null for none. */
export function tempBudgetOf(limit: number | null): number {
  return limit ?? GIB;
}
