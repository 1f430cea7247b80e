/** Settings whose members are names, each quoted where it needs to be: `variable_is_guc_list_quote` of dumputils.c. */
const LISTS_OF_NAMES: ReadonlySet<string> = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/** The value of a setting as the catalog has it, as what stands behind `SET name TO`: one text, or one for each member of a list of names. */
export function settingValues(name: string, value: string): string[] {
  if (!LISTS_OF_NAMES.has(name.toLowerCase()) || value.trim() === '') return [value];
  const members = value.match(/"(?:[^"]|"")*"|[^",\s]+/g) ?? [];
  return members.map((member) => (member.startsWith('"') ? member.slice(1, -1).replaceAll('""', '"') : member));
}
