/** The options of docker create that the runner understands in `services.NAME.options`; all take a value. */
const KNOWN = ['--health-cmd', '--health-interval', '--health-timeout', '--health-retries', '--health-start-period'];

/**
 * The command of `--health-cmd` in the options of a service, or null when they have none: then GitHub does not wait either.
 * Throws for an option that the runner does not know.
 */
export function healthCommand(options: string): string | null {
  const words = Array.from(options.matchAll(/"((?:\\.|[^"\\])*)"|'([^']*)'|(\S+)/g), ([, quoted, single, bare]) => {
    return quoted?.replaceAll(/\\(.)/g, '$1') ?? single ?? bare ?? '';
  });
  let command: string | null = null;
  for (let i = 0; i < words.length; i += 2) {
    const [name = '', value] = [words[i], words[i + 1]];
    if (!KNOWN.includes(name) || value === undefined)
      throw new Error(`the runner does not know the service option ${name}`);
    if (name === '--health-cmd') command = value;
  }
  return command;
}
