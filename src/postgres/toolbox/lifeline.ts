/**
 * Killing `docker exec` (or `podman exec`) leaves the process inside running. A tool that reads no data therefore runs under
 * a small shell whose stdin is a lifeline, held open by us: when it closes, because we closed it, were killed, or the
 * client was, the shell ends the tool. Plain POSIX sh: dash, bash and busybox.
 *
 * - The lifeline moves to descriptor 3 at once, as a shell gives background commands /dev/null as their stdin.
 * - The watcher uses the builtin `read`, so that killing the watcher leaves no `cat` behind, and holds neither stdout nor
 *   stderr, or the client would wait for them after the tool's end.
 * - From then on the shell is silent: bash would report "Terminated" on the tool's stderr.
 * - The tool's exit code becomes the shell's; an end by signal N is 128 + N, as shells say it.
 */
const LIFELINE = `
exec 3<&0
"$@" </dev/null 3<&- &
tool=$!
(
  while read -r _ <&3; do :; done
  kill -TERM "$tool"
  sleep 2
  kill -KILL "$tool"
) >/dev/null 2>&1 &
watcher=$!
exec 3<&- </dev/null 2>/dev/null
wait "$tool"
code=$?
kill -TERM "$watcher"
exit "$code"
`;

/** The command to run, to end with its stdin: with us, and with nothing that it could notice by itself. */
export function underLifeline(command: readonly string[]): [string, ...string[]] {
  return ['sh', '-c', LIFELINE, 'phaselift', ...command];
}

/**
 * Environment variables of libpq and psql that a container may have of its own (a service container's `env:`), and that
 * would redirect or break our sessions.
 */
const FOREIGN_VARIABLES = [
  'PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGPASSFILE PGDATABASE PGSERVICE PGSERVICEFILE PGOPTIONS PGAPPNAME',
  'PGSSLMODE PGREQUIRESSL PGSSLCOMPRESSION PGSSLCERT PGSSLKEY PGSSLROOTCERT PGSSLCRL PGSSLCRLDIR PGSSLSNI PGSSLNEGOTIATION',
  'PGSSLCERTMODE PGSSLMINPROTOCOLVERSION PGSSLMAXPROTOCOLVERSION PGREQUIREAUTH PGREQUIREPEER PGCHANNELBINDING PGGSSENCMODE',
  'PGGSSDELEGATION PGGSSLIB PGKRBSRVNAME PGCONNECT_TIMEOUT PGCLIENTENCODING PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS PGDATESTYLE',
  'PGTZ PGGEQO PGMINPROTOCOLVERSION PGMAXPROTOCOLVERSION PSQLRC PSQL_HISTORY PSQL_EDITOR LC_ALL LANGUAGE LANG',
]
  .join(' ')
  .split(' ');

/**
 * The command to hand to `exec` in a container: runs `command` with only these of the variables above, and under a
 * lifeline when it reads no data.
 */
export function commandInContainer(
  command: readonly string[],
  options: { input: 'pipe' | 'none'; variables: readonly string[] },
): string[] {
  const foreign = FOREIGN_VARIABLES.filter((name) => !options.variables.includes(name));
  const clean = foreign.length === 0 ? '' : `unset ${foreign.join(' ')}\n`;
  const run = options.input === 'none' ? LIFELINE : 'exec "$@"';
  return ['sh', '-c', clean + run, 'phaselift', ...command];
}
