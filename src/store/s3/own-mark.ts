/** The name that our mark has in the metadata of an object. */
export const MARK_NAME = 'written-by';
/** Metadata of every archive that Phaselift uploads: it tells a dead run's from somebody else's. */
export const OWN_MARK = { [MARK_NAME]: 'phaselift' } as const;
