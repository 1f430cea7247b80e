/** The sum of rows, each null where nobody could count them: then the sum is null as well. */
export function sumOfRows(parts: readonly (number | null)[]): number | null {
  return parts.reduce<number | null>((sum, rows) => (sum === null || rows === null ? null : sum + rows), 0);
}
