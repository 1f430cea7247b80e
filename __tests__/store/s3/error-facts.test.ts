import { describe, expect, test } from '@jest/globals';
import { isTransient } from '../../../src/store/s3/error-facts.js';

function failure(changes: object): Error {
  return Object.assign(new Error('x'), changes);
}

describe('failures of a store that may pass', () => {
  test.each<[string, object]>([
    ['a lost connection', { code: 'ECONNRESET' }],
    ['a lost connection inside of another error', { cause: { code: 'EPIPE' } }],
    ['a stream that ends early', { code: 'ERR_STREAM_PREMATURE_CLOSE' }],
    ['a name that does not resolve yet', { code: 'EAI_AGAIN' }],
    ['a fault of the server', { name: 'InternalError', $metadata: { httpStatusCode: 500 } }],
    ['overload', { name: 'SlowDown', $metadata: { httpStatusCode: 503 } }],
    ['overload with another status', { name: 'SlowDown', $metadata: { httpStatusCode: 400 } }],
    ['too many requests', { name: 'x', $metadata: { httpStatusCode: 429 } }],
    ['what the SDK has marked', { $retryable: {} }],
    ['a connection on which nothing moves', { name: 'TimeoutError' }],
  ])('%s may pass', (_what, changes) => {
    expect(isTransient(failure(changes))).toBe(true);
  });

  test.each<[string, object]>([
    ['a refused key', { name: 'InvalidAccessKeyId', $metadata: { httpStatusCode: 403 } }],
    ['a missing object', { name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } }],
    ['a condition that does not hold', { name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } }],
    ['a method that is not known', { name: 'NotImplemented', $metadata: { httpStatusCode: 501 } }],
    ['a run that was cancelled', { name: 'AbortError', code: 'ECONNRESET' }],
    ['a defect', { name: 'TypeError' }],
  ])('%s does not pass', (_what, changes) => {
    expect(isTransient(failure(changes))).toBe(false);
  });

  test('what is no error does not pass', () => {
    expect(isTransient('ECONNRESET')).toBe(false);
    expect(isTransient(undefined)).toBe(false);
  });
});
