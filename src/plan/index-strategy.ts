/**
 * Which indexes are created before the data, and filled as the rows come: all of them, all but those behind keys, none, or each as
 * its size and the room for temporary files have it. What is not is built from the loaded tables.
 */
export const INDEX_STRATEGIES = ['empty', 'empty-keys-last', 'after-data', 'auto'] as const;

/** One of the index strategies. */
export type IndexStrategy = (typeof INDEX_STRATEGIES)[number];

/** What can be said of a single index. */
export const INDEX_CHOICES = ['empty', 'after-data'] as const;

/** How one index is made: empty, and filled as the rows come; or built from the loaded table. */
export type IndexMaking = (typeof INDEX_CHOICES)[number];

/** What a plan says of one index, or of a key. */
export interface IndexChoice {
  dumpId: number;
  /** `app.events_idx`. */
  name: string;
  /** `app.events`; empty where the archive does not say. */
  table: string;
  choice: IndexMaking;
  reason: string;
  /** At the source; null without a manifest. */
  sizeBytes: number | null;
  /** Of temporary files that building it may need; null where that is not known, or nothing is built. */
  tempBytes: number | null;
}
