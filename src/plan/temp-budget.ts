const GIB = 1024 ** 3;

/** What the target has for work that sorts or hashes. */
export interface BuildRoom {
  /** Of temporary files, for all that runs at the same time. */
  tempBytes: number;
  /** maintenance_work_mem of our sessions. */
  memoryBytes: number;
}

/**
 * Bytes of temporary files that a restore may have at the same time: what is `wanted`, and never more than `limit`, the target's
 * temp_file_limit, lets a single process have. Both null: 1 GiB.
 */
export function tempBudgetOf(limit: number | null, wanted: number | null): number {
  return Math.min(wanted ?? limit ?? GIB, limit ?? Infinity);
}
