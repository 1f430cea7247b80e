import { describe, expect, test } from '@jest/globals';
import { restoreQuestion, type RestoreInQuestion } from '../../src/commands/restore-question.js';
import { unit } from '../plan/units.js';

const NOW = new Date('2026-07-14T12:00:00Z');
const ASKED: RestoreInQuestion = {
  backup: 'one of shop',
  takenAt: '2026-07-14T03:17:00Z',
  sizeBytes: 1.2 * 1024 ** 3,
  target: 'db:5432/shop_2',
  willBeMade: false,
  begun: null,
};
const asked = (changes: Partial<RestoreInQuestion>): string => restoreQuestion({ ...ASKED, ...changes }, NOW);

describe('the question before a restore', () => {
  test('the question says age and size of the backup, and where it goes', () => {
    expect(asked({})).toBe('Restore one of shop (8 hr 43 min old, 1.2 GiB) into db:5432/shop_2?');
  });

  test('the question says whether the target will be made', () => {
    expect(asked({ willBeMade: true })).toMatch(/ into db:5432\/shop_2, which will be made\?$/);
  });

  test('the question counts the age of old backups in days', () => {
    expect(asked({ takenAt: '2026-07-12T12:00:00Z' })).toContain('(2 days old,');
    expect(asked({ takenAt: '2026-07-12T12:00:01Z' })).toContain('(48 hr old,');
  });

  test('the question leaves out what nobody knows', () => {
    expect(asked({ takenAt: null })).toBe('Restore one of shop (1.2 GiB) into db:5432/shop_2?');
    expect(asked({ takenAt: null, sizeBytes: null, backup: 'a new backup of shop' })).toBe(
      'Restore a new backup of shop into db:5432/shop_2?',
    );
  });

  test('the question about a restore that goes on says how much is left of it', () => {
    const units = [
      unit('schema/1', { stage: 'schema', kind: 'statements', weightBytes: 9 }),
      unit('data/1', { weightBytes: 1024 }),
      unit('data/2', { weightBytes: 2048 }),
      unit('constraints/1', { stage: 'constraints', kind: 'statements', weightBytes: 7 }),
    ];
    const done = (...ids: string[]) => ids.map((id) => ({ unit: id, rows: null, bytes: 0, seconds: 1 }));
    expect(asked({ begun: { units, finished: done('schema/1', 'data/1') } })).toBe(
      'Go on with the restore of one of shop (8 hr 43 min old, 1.2 GiB) into db:5432/shop_2: 2 of 4 units are left, 2 KiB of data?',
    );
    expect(asked({ begun: { units, finished: done('schema/1', 'data/1', 'data/2') } })).toMatch(
      / into db:5432\/shop_2: 1 of 4 units is left\?$/,
    );
  });
});
