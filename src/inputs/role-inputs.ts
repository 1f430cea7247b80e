/** Parsers of the inputs about a role of AWS. */
import { bad, good, quoted, type Parsed } from './parser.js';
import { duration } from './scalars.js';

const MINUTE_MS = 60_000;
/** What AWS allows a role at all: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
const SHORTEST_MS = 15 * MINUTE_MS;
const LONGEST_MS = 12 * 60 * MINUTE_MS;

/** The ARN of a role, in any partition. */
export function roleArn(text: string): Parsed<string | null> {
  if (/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(text)) return good(text);
  return bad(`${quoted(text)} is not the ARN of a role: write it like \`arn:aws:iam::123456789012:role/backups\``);
}

/** How long the credentials of a role hold, in milliseconds. */
export function roleDuration(text: string): Parsed<number> {
  const parsed = duration(0)(text);
  if ('faults' in parsed || (parsed.value >= SHORTEST_MS && parsed.value <= LONGEST_MS)) return parsed;
  return bad(`${quoted(text)} is out of range: give \`15m\` to \`12h\``);
}
