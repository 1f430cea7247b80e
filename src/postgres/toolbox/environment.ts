/**
 * The tools' environment: clean, so that no PG* variable of the job and no secret of the action reaches them. Messages in
 * English, as we read them. RUNNER_TRACKING_ID lets the runner find and end what a killed job left behind.
 */
export function toolEnvironment(): Record<string, string> {
  return { ...pick(['PATH', 'HOME', 'LD_LIBRARY_PATH', 'RUNNER_TRACKING_ID']), LANG: 'C', LC_ALL: 'C' };
}

const CLIENT_VARIABLES = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'RUNNER_TRACKING_ID', 'SSH_AUTH_SOCK', 'DBUS_SESSION_BUS_ADDRESS'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'REGISTRY_AUTH_FILE'],
];
/** How docker and podman are told where their daemon, store and configuration are. */
const CLIENT_PREFIX = /^(?:DOCKER|CONTAINER|CONTAINERS|PODMAN|STORAGE|XDG)_/;

/** The environment of `docker` and `podman` themselves: what leads them to their daemon, but none of the action's secrets. */
export function clientEnvironment(): Record<string, string> {
  const prefixed = Object.keys(process.env).filter((name) => CLIENT_PREFIX.test(name));
  return { ...pick([...CLIENT_VARIABLES, ...prefixed]), LANG: 'C', LC_ALL: 'C' };
}

function pick(names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
