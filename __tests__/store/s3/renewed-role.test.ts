import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PhaseliftError } from '../../../src/foundation/errors.js';
import { RenewedRole, type RoleIdentity } from '../../../src/store/s3/renewed-role.js';
import { claimsOf } from '../../../src/store/s3/runner-token.js';
import { MemoryLogger } from '../../helpers/memory-logger.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** An STS whose credentials live as long as told, and that can be out of order. */
class Source {
  takes = 0;
  lifeMs = HOUR_MS;
  fault: Error | null = null;
  readonly log = new MemoryLogger();
  readonly role = new RenewedRole('arn:of:role', () => this.take(), this.log);

  /** Which credentials a request would be signed with now. */
  async key(): Promise<string> {
    return (await this.role.identity()).accessKeyId;
  }

  private take(): Promise<RoleIdentity> {
    this.takes += 1;
    if (this.fault !== null) return Promise.reject(this.fault);
    const expiration = new Date(Date.now() + this.lifeMs);
    const accessKeyId = `key ${this.takes}`;
    return Promise.resolve({ accessKeyId, secretAccessKey: 's', sessionToken: 't', expiration });
  }
}

describe('credentials of a role', () => {
  let source: Source;
  beforeEach(() => {
    jest.useFakeTimers({ now: new Date('2026-11-28T12:00:00Z') });
    source = new Source();
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  const pass = (ms: number): void => {
    jest.setSystemTime(Date.now() + ms);
  };

  test('are taken once for all who ask, and anew five minutes before they end', async () => {
    expect(await Promise.all([source.key(), source.key()])).toEqual(['key 1', 'key 1']);
    pass(HOUR_MS - 5 * MINUTE_MS - 1);
    expect(await source.key()).toBe('key 1');
    pass(1);
    expect(await Promise.all([source.key(), source.key()])).toEqual(['key 2', 'key 2']);
    expect(source.takes).toBe(2);
    expect(source.log.texts('warning')).toEqual([]);
  });

  test('that live shortly are renewed at half of their life', async () => {
    source.lifeMs = 2 * MINUTE_MS;
    await source.key();
    pass(MINUTE_MS - 1);
    expect(await source.key()).toBe('key 1');
    pass(1);
    expect(await source.key()).toBe('key 2');
  });

  test('are used to their end while the renewal fails, with one warning and an attempt every ten seconds', async () => {
    await source.key();
    pass(HOUR_MS - 5 * MINUTE_MS);
    source.fault = new PhaseliftError('STORE', 'cannot take the role');
    for (let second = 0; second < 25; second++) {
      expect(await source.key()).toBe('key 1');
      pass(1000);
    }
    expect(source.takes).toBe(1 + 3);
    expect(source.log.texts('warning')).toEqual([
      'the credentials in use end at 2026-11-28 13:00:00 UTC, and could not be renewed yet; it is tried again: cannot take the role',
    ]);
    source.fault = null;
    pass(10_000);
    expect(await source.key()).toBe('key 5');
  });

  test('that have ended, or end before a request arrives, are used no more', async () => {
    await source.key();
    source.fault = new PhaseliftError('STORE', 'cannot take the role');
    pass(HOUR_MS - 5000);
    await expect(source.key()).rejects.toBe(source.fault);
    source.fault = null;
    expect(await source.key()).toBe('key 3');
  });

  test('that were never given are no reason to warn, but to fail', async () => {
    source.fault = new PhaseliftError('STORE', 'cannot take the role');
    await expect(source.key()).rejects.toBe(source.fault);
    expect(source.log.lines).toEqual([]);
  });
});

test('issuer and subject of a token are read from it, and what is no token has none', () => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: 'https://issuer.example', sub: 'repo:me/app:ref:refs/heads/main' };
  expect(claimsOf(`${part({})}.${part(claims)}.signature`)).toEqual({ issuer: claims.iss, subject: claims.sub });
  for (const token of ['', 'a.b', `${part({})}.${part({ iss: 'x' })}.s`]) expect(claimsOf(token)).toBeNull();
});
