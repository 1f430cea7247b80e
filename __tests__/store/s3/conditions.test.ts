import { describe, expect, test } from '@jest/globals';
import { COMPLETION, conditionOf, Conditions, PUT, type Condition } from '../../../src/store/s3/conditions.js';
import { isConditionFailure, isConflict, isUnknownCondition } from '../../../src/store/s3/error-facts.js';
import { MemoryLogger } from '../../helpers/memory-logger.js';

/** As the SDK makes them of answers. */
function answer(status: number, name = 'UnknownError', message = name): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

const UNKNOWN = answer(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented');

describe('a condition', () => {
  test('a condition is that nothing has come, or that what was found is still there', () => {
    expect(conditionOf(null)).toEqual({ IfNoneMatch: '*' });
    expect(conditionOf({ etag: '"e"' })).toEqual({ IfMatch: '"e"' });
    expect(conditionOf({ etag: '' })).toEqual({});
  });

  test('a failed condition is told from a meeting of writers, and from an unknown condition', () => {
    const kinds = (error: Error) => [isConditionFailure(error), isConflict(error), isUnknownCondition(error)];
    expect(kinds(answer(412, 'PreconditionFailed'))).toEqual([true, false, false]);
    expect(kinds(answer(409, 'ConditionalRequestConflict'))).toEqual([true, true, false]);
    expect(kinds(answer(409, 'ConcurrentModification'))).toEqual([true, true, false]);
    expect(kinds(answer(409, 'BucketAlreadyExists'))).toEqual([false, false, false]);
    expect(kinds(UNKNOWN)).toEqual([false, false, true]);
    expect(kinds(answer(400, 'InvalidArgument', 'Unsupported header If-None-Match'))).toEqual([false, false, true]);
    expect(kinds(answer(400, 'InvalidPart'))).toEqual([false, false, false]);
    expect(kinds(answer(503, 'SlowDown'))).toEqual([false, false, false]);
  });
});

describe('a request with a condition', () => {
  function trial() {
    const logger = new MemoryLogger();
    const conditions = new Conditions(logger);
    const sent: Condition[] = [];
    let looks = 0;
    const send = (request: string, condition: Condition, fail: (condition: Condition) => Error | null) =>
      conditions.send(
        request,
        condition,
        (given) => {
          sent.push(given);
          const error = fail(given);
          return error === null ? Promise.resolve('done') : Promise.reject(error);
        },
        () => Promise.resolve(looks++),
      );
    return { logger, sent, send, looks: () => looks };
  }
  const notKnown = (condition: Condition) => (Object.keys(condition).length > 0 ? UNKNOWN : null);

  test('a request with a condition is sent once where the store knows it, without a look', async () => {
    const { send, sent, looks } = trial();
    expect(await send(PUT, { IfNoneMatch: '*' }, () => null)).toBe('done');
    expect([sent, looks()]).toEqual([[{ IfNoneMatch: '*' }], 0]);
  });

  test('a request is sent without its condition, after a look, where the store knows none', async () => {
    const { send, sent, looks, logger } = trial();
    await send(PUT, { IfNoneMatch: '*' }, notKnown);
    await send(PUT, { IfNoneMatch: '*' }, notKnown);
    expect([sent, looks()]).toEqual([[{ IfNoneMatch: '*' }, {}, {}], 2]);
    await send(PUT, { IfMatch: '"e"' }, notKnown);
    await send(COMPLETION, { IfNoneMatch: '*' }, notKnown);
    expect(sent).toHaveLength(7);
    expect(logger.texts('info')).toEqual([expect.stringMatching(/^the store does not know If-None-Match: /)]);
  });

  test('a request is not sent without its condition when it fails for another reason', async () => {
    const { send, sent } = trial();
    await expect(send(PUT, { IfMatch: '"e"' }, () => answer(412))).rejects.toThrow();
    await expect(send(PUT, {}, () => UNKNOWN)).rejects.toBe(UNKNOWN);
    expect(sent).toEqual([{ IfMatch: '"e"' }, {}]);
  });
});
