import { describe, expect, test } from '@jest/globals';
import { estimateBy } from '../../src/commands/backup-estimate.js';
import type { CatalogRelation } from '../../src/postgres/source-catalog.js';
import { sampleManifest } from '../store/sample-manifest.js';

/** Of the sample: one table of 8,192 bytes, whose backup took a minute and has 1,000 bytes. */
const last = sampleManifest();
const options = last.source.options;

const relation = (name: string, sizeBytes: number, kind: CatalogRelation['kind'] = 'table'): CatalogRelation => ({
  oid: name,
  kind,
  schema: 'app',
  name,
  table: null,
  isPlain: kind === 'table',
  pages: 1,
  sizeBytes,
  valid: null,
  rowsEstimate: null,
  entryBytes: null,
});
const measured = (...relations: CatalogRelation[]) => ({ relations, estimatedBytes: 5000 });

describe('what a backup is likely to come to', () => {
  test('an estimate of a backup grows with the tables since the last one', () => {
    expect(estimateBy(last, options, measured(relation('t', 2 * 8192), relation('i', 99_999, 'index')))).toEqual({
      storedBytes: 5000,
      time: { seconds: 120, basis: 'by the last backup, n: 1000 B in 1 min' },
    });
  });

  test('an estimate of a backup counts a new table, but where options may have left it out', () => {
    const now = measured(relation('t', 8192), relation('log', 8192));
    expect(estimateBy(last, options, now).time.seconds).toBe(60);
    const whole = { ...last, source: { ...last.source, options: { ...options, dumpOptions: [] } } };
    expect(estimateBy(whole, { ...options, dumpOptions: [] }, now).time.seconds).toBe(120);
  });

  test('an estimate of a compressed backup takes its size from the last one that was compressed the same', () => {
    const gzip = { ...options, compress: '6' };
    const packed = { ...last, source: { ...last.source, options: gzip } };
    expect(estimateBy(packed, gzip, measured(relation('t', 3 * 8192)))).toMatchObject({
      storedBytes: 3000,
      time: { seconds: 180 },
    });
  });

  test.each([
    ['there is none', null, options, /^no earlier backup to estimate by$/],
    ['another compression', last, { ...options, compress: '6' }, /^the last backup, n, was made with other options/],
    ['other options', last, { ...options, dumpOptions: [] }, /^the last backup, n, was made with other options/],
    ['no time', sampleManifest({ finishedAt: last.summary.takenAt }), options, /^the last backup, n, is too small/],
  ])('an estimate of a backup invents no time: %s', (_, known, settings, basis) => {
    const { storedBytes, time } = estimateBy(known, settings, measured(relation('t', 8192)));
    expect(time).toEqual({ seconds: null, basis: expect.stringMatching(basis) as unknown });
    expect(storedBytes).toBe(settings.compress === '0' ? 5000 : null);
  });
});
