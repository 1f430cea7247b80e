/**
 * Unit tests (*.test.ts) need nothing; integration tests (*.itg.test.ts) share a PostgreSQL and an S3 that globalSetup
 * starts when at least one of them is chosen.
 */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, diagnostics: false, tsconfig: 'tsconfig.json' }] },
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  roots: ['<rootDir>/__tests__', '<rootDir>/src', '<rootDir>/testbed'],
  globalSetup: '<rootDir>/__tests__/helpers/global-setup.ts',
  globalTeardown: '<rootDir>/__tests__/helpers/global-teardown.ts',
  testTimeout: 300_000,
  // Two workers at most: each integration test keeps a server, an S3 and the action busy at the same time.
  maxWorkers: 2,
};
