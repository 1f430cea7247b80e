/**
 * Which indexes are created before the data, and filled as the rows come: all of them, all but those behind keys, or none. What
 * is not is built from the loaded tables.
 */
export const INDEX_STRATEGIES = ['empty', 'empty-keys-last', 'after-data'] as const;

/** One of the index strategies. */
export type IndexStrategy = (typeof INDEX_STRATEGIES)[number];
