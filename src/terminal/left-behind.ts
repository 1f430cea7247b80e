import type { Leftovers } from '../commands/leftovers.js';

/** What a run that is ended at once leaves outside of this process, and how it goes away. */
export function leftBehind(leftovers: Leftovers | null): string[] {
  if (leftovers === null) return [];
  const lines = leftovers.containers.map(
    ({ runtime, name }) => `the container ${name} is left behind: \`${runtime} rm --force ${name}\` removes it`,
  );
  const { upload, ahead, store } = leftovers;
  if (upload !== null) {
    const what =
      store.kind === 's3'
        ? `the unfinished upload of s3://${store.bucket}/${upload.key}`
        : `the unfinished backup in ${store.path}`;
    lines.push(`${what} is left behind: \`phaselift --prune\` removes it after a day`);
  }
  if (ahead !== null && store.kind === 's3') {
    const what = `the manifest that was written ahead of s3://${store.bucket}/${ahead.archive}`;
    lines.push(`${what} is left behind: \`phaselift --prune\` removes it after a day, if its archive has not come`);
  }
  return lines;
}
