import type { Leftovers } from '../leftovers.js';

/** What a run that is ended at once leaves outside of this process, and how it goes away. */
export function leftBehind(leftovers: Leftovers | null): string[] {
  if (leftovers === null) return [];
  const lines = leftovers.containers.map(
    ({ runtime, name }) => `the container ${name} is left behind: \`${runtime} rm --force ${name}\` removes it`,
  );
  const { upload, store } = leftovers;
  if (upload !== null) {
    const what =
      store.kind === 's3'
        ? `the unfinished upload of s3://${store.bucket}/${upload.key}`
        : `the unfinished backup in ${store.path}`;
    lines.push(`${what} is left behind: \`phaselift --prune\` removes it after a day`);
  }
  return lines;
}
