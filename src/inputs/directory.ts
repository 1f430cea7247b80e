import { resolve } from 'node:path';
import { bad, good, quoted } from './definition.js';
import type { Parsed } from './definition.js';

/** The path of a directory, made absolute; relative ones are below the working directory. */
export function directory(text: string): Parsed<string> {
  if (/\p{Cc}/u.test(text)) return bad(`${quoted(text)} holds a control character: give the path of a directory`);
  if (/^[a-z0-9]+:\/\//i.test(text)) return bad(`${quoted(text)} is a URL: give the path of a directory`);
  return good(resolve(text));
}
