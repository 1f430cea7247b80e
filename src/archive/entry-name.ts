import type { TocEntry } from './types.js';

/** A TOC entry for people, in one line: `TABLE DATA app.t (dump id 3402)`. */
export function entryName({ desc, namespace, tag, dumpId }: TocEntry): string {
  const name = namespace === '' ? tag : `${namespace}.${tag}`;
  return `${desc} ${name} (dump id ${dumpId})`.replace(/\p{Cc}/gu, '?');
}
