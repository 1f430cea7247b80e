/** How long to wait before a read is tried again. */
const BACK_OFF_AFTER_PROGRESS_MS = 100;
const FIRST_BACK_OFF_MS = 1_000;
const MAX_BACK_OFF_MS = 20_000;

/** Milliseconds. Doubles with each failure in a row; half of it at random, so that workers do not come back all at once. */
export function backOffMs(failures: number): number {
  if (failures === 0) return BACK_OFF_AFTER_PROGRESS_MS;
  const full = Math.min(FIRST_BACK_OFF_MS * 2 ** (failures - 1), MAX_BACK_OFF_MS);
  return full / 2 + Math.random() * (full / 2);
}
