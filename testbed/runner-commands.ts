/** What an action says to the runner. Source: GitHub's "Workflow commands for GitHub Actions". */

export interface Annotation {
  level: 'error' | 'warning' | 'notice';
  message: string;
  /** title, file, line ... */
  properties: Readonly<Record<string, string>>;
}

/** The annotation that a line of output makes, or null if it makes none. */
export function parseAnnotation(line: string): Annotation | null {
  const [, level, properties = '', message = ''] = /^::(error|warning|notice)(?: (.*?))?::(.*)$/.exec(line) ?? [];
  if (level !== 'error' && level !== 'warning' && level !== 'notice') return null;
  const pairs = properties.split(',').filter((pair) => pair.includes('='));
  return {
    level,
    message: unescape(message),
    properties: Object.fromEntries(
      pairs.map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), unescape(pair.slice(at + 1))];
      }),
    ),
  };
}

function unescape(text: string): string {
  return text
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%25', '%');
}

/**
 * The values in a file such as GITHUB_OUTPUT: lines `name=value`, or `name<<DELIMITER`, lines of the value, `DELIMITER`.
 * Throws on anything else, as the runner fails a step for it. The end of a file that a killed step has cut is left out.
 */
export function parseFileCommands(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] ?? '').replace(/\r$/, '');
    if (line === '') continue;
    const [, name = '', operator, rest = ''] = /^(.+?)(=|<<)(.*)$/.exec(line) ?? [];
    if (operator === undefined) throw new Error(`not a file command of the runner: ${line}`);
    if (operator === '=') {
      values[name] = rest;
      continue;
    }
    const end = lines.findIndex((other, j) => j > i && other.replace(/\r$/, '') === rest);
    if (end < 0) break;
    values[name] = lines.slice(i + 1, end).join('\n');
    i = end;
  }
  return values;
}
