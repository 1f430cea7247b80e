/** Restores by stock pg_restore, from an object that is streamed to its stdin or from a local file: what people have without Phaselift. */

/** Every restore ends with ANALYZE, as ours does. */
const ANALYZE = `psql -X -q -v ON_ERROR_STOP=1 -c ANALYZE`;
const RESTORE = 'pg_restore --no-owner --no-privileges --dbname="$PGDATABASE"';

/** One pg_restore for all: rows first, then every index. */
export function plainRestoreScript(read: string): string {
  return `${shared(read)}
stream ${RESTORE}
${ANALYZE}`;
}

/** So many jobs, in the order of pg_restore, from a local file: nothing else does it in parallel. */
export function parallelRestoreScript(file: string, jobs: number): string {
  return `
${RESTORE} --exit-on-error -j ${jobs} ${file}
${ANALYZE}`;
}

/**
 * The four runs of shell scripts, the way index-first restores are done by hand: the schema, the entries that `grep INDEX`
 * finds, the rows, the rest. pg_restore cannot read ahead in a stream, so each run opens the object anew. It stops as soon as it
 * has what it wants: the object is streamed to its end by the data run, and the others are spared that, which favours this flow.
 * Keys are no INDEX entries, so they are built last: the order of `index-strategy: empty-keys-last`.
 */
export function fourRunsScript(read: string): string {
  return `${shared(read)}
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
stream ${RESTORE} --section=pre-data
stream pg_restore -l > "$lists/all"
grep -E '^[0-9]+; [0-9]+ [0-9]+ INDEX ' "$lists/all" > "$lists/indexes"
grep -vE '^[0-9]+; [0-9]+ [0-9]+ INDEX ' "$lists/all" > "$lists/rest"
stream ${RESTORE} --use-list="$lists/indexes"
stream ${RESTORE} --section=data
stream ${RESTORE} --section=post-data --use-list="$lists/rest"
${ANALYZE}`;
}

/** `stream COMMAND…`: the command with the object on its stdin. Only its own exit code counts, as the reader may be cut off. */
function shared(read: string): string {
  return `
read_object() { ${read}; }
stream() {
  { read_object 2> /dev/null || true; } | "$@"
}`;
}
