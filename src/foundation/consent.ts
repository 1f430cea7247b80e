/** Asks before something is overwritten, loaded into a database, or removed. In a workflow nobody is asked. */
export interface Consent {
  /** Whether a backup may be overwritten although `force` was not given. `question` is one line that names it. */
  overwrite(question: string): Promise<boolean>;
  /** Resolves when the work may begin. Throws DECLINED otherwise. */
  begin(question: string): Promise<void>;
}
