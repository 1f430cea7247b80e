import { expect } from '@jest/globals';
import type { PhaseliftError } from '../../src/foundation/errors.js';
import { newArchiveId } from '../../src/store/names.js';
import type { S3Settings } from '../../src/store/s3/settings.js';
import type { TestStore } from './s3-bucket.js';
import { testBytes, testStream } from './test-bytes.js';

/** Opens nothing. */
export const WRONG_SECRET = 'wrong-secret-0123456789';

/** What a user may do first with a store. */
export const FIRST_WAYS: [string, (store: TestStore) => Promise<unknown>][] = [
  ['the check of reading', (store) => store.backups.checkReadable({ database: 'app' })],
  ['the check of writing', (store) => store.archives.checkWritable(store.backups.locate('app', 'n'))],
  ['a listing', (store) => store.backups.listComplete('app')],
  ['a look', (store) => store.objects.stat(store.backups.locate('app', 'n').archive)],
  [
    'an upload',
    (store) => {
      const options = {
        partSizeBytes: 5242880,
        id: newArchiveId(),
        replaces: null,
        signal: new AbortController().signal,
      };
      return store.upload(store.backups.locate('app', 'n').archive, testStream(testBytes(6_000_000)), options);
    },
  ],
];

/** A failure that names the input to look at, and no secret. */
export function expectInput(error: PhaseliftError, settings: S3Settings, input: string): void {
  expect(error.code).toBe('STORE');
  expect(error.message).toContain(`s3://${settings.bucket}/`);
  expect(error.message).toContain(`(${input})`);
  expect(error.hint).toBeTruthy();
  expect(`${error.message} ${error.hint ?? ''}`).not.toContain(WRONG_SECRET);
}
