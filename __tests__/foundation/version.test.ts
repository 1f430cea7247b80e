import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { PHASELIFT_VERSION } from '../../src/foundation/version.js';

test('the version in the code is that of package.json', () => {
  const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(PHASELIFT_VERSION).toBe(packageJson.version);
});
