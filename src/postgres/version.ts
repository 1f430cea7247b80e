/** A PostgreSQL version: `15.20` is 150020 as in server_version_num. */
export interface Version {
  major: number;
  minor: number;
  /** As printed, distribution's remarks removed: `15.20`, `19beta1`. */
  text: string;
}

/** Reads `pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)` and a server's `server_version`; null when it is neither. */
export function parseVersion(text: string): Version | null {
  const match = /(?:\(PostgreSQL\)\s+|^)(\d+)(?:\.(\d+))?((?:devel|beta\d*|rc\d*)?)/.exec(text.trim());
  if (match === null) return null;
  const minor = match[2] === undefined ? '' : `.${match[2]}`;
  return {
    major: Number(match[1]),
    minor: Number(match[2] ?? 0),
    text: `${String(match[1])}${minor}${match[3] ?? ''}`,
  };
}
