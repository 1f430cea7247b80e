/** What one check of a verification has found. */
export interface VerificationLine {
  /** `rows loaded`, `indexes`, `constraints`, `sequences`, `objects: TRIGGER` … */
  check: string;
  expected: number;
  found: number;
  ok: boolean;
  /** The first few that differ, or why something could not be compared. */
  detail: string;
}
