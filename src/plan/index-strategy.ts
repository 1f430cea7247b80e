/** Which indexes are created before the data; the design says what each means. */
export const INDEX_STRATEGIES = ['empty', 'empty-keys-last', 'after-data'] as const;

/** One of the index strategies. */
export type IndexStrategy = (typeof INDEX_STRATEGIES)[number];
