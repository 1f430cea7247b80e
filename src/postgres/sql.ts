/** Text that becomes part of SQL. Only for the few statements that are our own: the journal, checks and verification. */

/** A string literal that means the same with standard_conforming_strings on and off. */
export function literal(value: string): string {
  const doubled = value.replaceAll("'", "''");
  return doubled.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
