import { describe, expect, test } from '@jest/globals';
import { choosePartSize, MAX_PARTS, partsInFlight, partSizeFault } from '../../../src/store/s3/part-size.js';

const MIB = 1024 * 1024;

describe('the size of parts', () => {
  test('the size of parts is what was asked for', () => {
    expect(choosePartSize(1e15, 64 * MIB)).toBe(64 * MIB);
  });

  test('the size of parts is 8 MiB for archives that are small enough', () => {
    expect(choosePartSize(0, null)).toBe(8 * MIB);
    expect(choosePartSize((MAX_PARTS / 2) * 8 * MIB, null)).toBe(8 * MIB);
  });

  test('the size of parts grows by whole mebibytes, so that twice the estimate fits', () => {
    expect(choosePartSize((MAX_PARTS / 2) * 8 * MIB + 1, null)).toBe(9 * MIB);
    const estimate = 3.3e12;
    expect(choosePartSize(estimate, null) * MAX_PARTS).toBeGreaterThanOrEqual(2 * estimate);
  });

  test('the size of parts has room for hundreds of gigabytes when nothing is known', () => {
    expect(choosePartSize(null, null)).toBe(32 * MIB);
  });

  test('the size of parts never exceeds the 5 GiB of S3', () => {
    expect(choosePartSize(1e17, null)).toBe(5120 * MIB);
  });

  test('the size of parts is refused outside of what S3 allows', () => {
    expect(partSizeFault(5 * MIB)).toBeNull();
    expect(partSizeFault(5 * MIB - 1)).toMatch(/outside/);
    expect(partSizeFault(5120 * MIB + 1)).toMatch(/5121MB/);
  });
});

test.each([
  [8, 4],
  [16, 2],
  [32, 1],
  [64, 1],
  [128, 1],
  [512, 1],
])('parts of %i MiB: %i are in flight at once', (size, expected) => {
  expect(partsInFlight(size * MIB)).toBe(expected);
});
