import type { TocEntry } from './types.js';

/** `TABLE app.t`, as users write it in skip-entries and as messages name it. */
export function entryTitle(entry: Pick<TocEntry, 'desc' | 'namespace' | 'tag'>): string {
  return `${entry.desc} ${entry.namespace === '' ? '' : `${entry.namespace}.`}${entry.tag}`;
}

/** A TOC entry for people, in one line: `TABLE DATA app.t (dump id 3402)`. */
export function entryName({ desc, namespace, tag, dumpId }: TocEntry): string {
  const name = namespace === '' ? tag : `${namespace}.${tag}`;
  return `${desc} ${name} (dump id ${dumpId})`.replace(/\p{Cc}/gu, '?');
}
