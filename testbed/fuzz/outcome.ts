import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode } from '../../src/foundation/errors.js';
import { PhaseliftError } from '../../src/foundation/errors.js';
import { finding } from './fuzz-target.js';

/** What became of a reading: a value, or a documented refusal. */
export type Outcome<T> = { value: T } | { refusal: string };

/** Reads. Throws what is no PhaseliftError, and one whose code is none of `codes`: it says something else than what happened. */
export function outcomeOf<T>(codes: readonly ErrorCode[], read: () => T): Outcome<T> {
  try {
    return { value: read() };
  } catch (error) {
    return { refusal: refusalIn(codes, error) };
  }
}

/** The same, of what takes a while. */
export async function laterOutcomeOf<T>(codes: readonly ErrorCode[], read: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { refusal: refusalIn(codes, error) };
  }
}

/** Two ways to read the same must come to the same. */
export function expectSame<T>(one: Outcome<T>, other: Outcome<T>, how: string): void {
  if (!isDeepStrictEqual(one, other)) finding(`${how}: ${shown(one)} and ${shown(other)}`);
}

/** Members with names as `__proto__` must not reach what all objects have. */
export function expectUnpolluted(): void {
  for (const name in {}) finding(`every object has a member ${name}`);
}

function refusalIn(codes: readonly ErrorCode[], error: unknown): string {
  if (!(error instanceof PhaseliftError)) throw error;
  if (!codes.includes(error.code)) finding(`the code ${error.code} of: ${error.message}`);
  const [first = ''] = error.message.split('\n');
  if (first.trim() === '') finding(`a refusal with ${error.code} that says nothing`);
  return `${error.code}: ${error.message}`;
}

function shown(outcome: Outcome<unknown>): string {
  return 'refusal' in outcome ? outcome.refusal : 'a value';
}
