import { describe, expect, test } from '@jest/globals';
import { prunePlan, type PruneDecision, type PruneInput } from '../../src/retention/prune-plan.js';
import type { KeepRules } from '../../src/retention/retention.js';
import type { PendingUpload, StoredBackup } from '../../src/store/backup-catalogue.js';
import { sampleManifest } from '../store/sample-manifest.js';
import { sampleProof } from '../store/sample-proof.js';

const NOW = new Date('2026-07-15T12:00:00Z');
const OLD = new Date('2026-07-14T11:59:59Z');
const YOUNG = new Date('2026-07-14T12:00:01Z');
const RULES: KeepRules = { last: 1, days: null, daily: null, weekly: null, monthly: null, proven: false };

function stored(
  name: string,
  changes: Partial<StoredBackup> & { takenAt?: string; database?: string } = {},
): StoredBackup {
  const { takenAt = '2026-01-01T00:00:00Z', database = 'app', ...rest } = changes;
  const object = (key: string) => ({ key, uri: `s3://b/${key}` });
  return {
    ref: { database: 'app', name, archive: object(`app/${name}.dump`), manifest: object(`app/${name}.manifest.json`) },
    state: 'complete',
    summary: sampleManifest({ name, takenAt, database }).summary,
    sizeBytes: 1000,
    lastModified: new Date(takenAt),
    ...rest,
  };
}

function upload(name: string, startedAt: Date): PendingUpload {
  return { object: { key: `app/${name}.dump`, uri: `s3://b/app/${name}.dump` }, uploadId: name, startedAt };
}

function fates(input: Partial<PruneInput>): Record<string, string> {
  const plan = prunePlan({ database: 'app', backups: [], uploads: [], rules: RULES, now: NOW, ...input });
  const nameOf = ({ item }: PruneDecision) => {
    if (item.kind === 'stale object') return item.stale.object.key;
    return item.kind === 'upload' ? item.upload.uploadId : item.backup.ref.name;
  };
  return Object.fromEntries(plan.map((decision) => [nameOf(decision), `${decision.fate}: ${decision.reason}`]));
}

describe('what a prune does', () => {
  test('the plan of a prune applies the rules to complete backups, newest first', () => {
    const backups = [
      stored('a', { takenAt: '2026-01-01T00:00:00Z' }),
      stored('b', { takenAt: '2026-03-01T00:00:00Z' }),
      stored('c', { takenAt: '2026-02-01T00:00:00Z' }),
    ];
    expect(Object.entries(fates({ backups }))).toEqual([
      ['b', 'keep: 1 of the last 1, the newest complete backup'],
      ['c', 'remove: no rule keeps it'],
      ['a', 'remove: no rule keeps it'],
    ]);
  });

  test('a backup with a date in the future stays, and displaces none', () => {
    const backups = [
      stored('future', { takenAt: '2031-01-01T00:00:00Z' }),
      stored('other zone', { takenAt: '2026-07-15T23:00:00Z' }),
      stored('today', { takenAt: '2026-07-15T11:00:00Z' }),
      stored('before', { takenAt: '2026-07-14T11:00:00Z' }),
    ];
    expect(fates({ backups, rules: { ...RULES, last: 2 } })).toEqual({
      future: expect.stringMatching(/^leave: its date is in the future/),
      'other zone': expect.stringMatching(/^keep: /),
      today: expect.stringMatching(/^keep: /),
      before: 'remove: no rule keeps it',
    });
  });

  test('a backup is kept for its proof where that is asked for', () => {
    const proof = sampleProof(stored('b').summary);
    const backups = [
      stored('a', { takenAt: '2026-03-01T00:00:00Z' }),
      stored('b', { takenAt: '2026-02-01T00:00:00Z', proof }),
    ];
    expect(fates({ backups })['b']).toBe('remove: no rule keeps it');
    expect(fates({ backups, rules: { ...RULES, proven: true } })['b']).toBe(
      'keep: the newest that a restore has proven (2026-07-15)',
    );
  });

  test('the proof of a backup that is gone goes after a day', () => {
    const stale = (
      [
        ['old', OLD],
        ['young', YOUNG],
      ] as const
    ).map(([key, lastModified]) => {
      return { kind: 'proof', object: { key, uri: key }, lastModified } as const;
    });
    expect(fates({ stale })).toEqual({
      old: 'remove: the proof of a backup that is gone, older than 24 hours',
      young: expect.stringMatching(/^leave: the proof of a backup that is gone, younger than 24 hours/),
    });
  });

  test('leftovers of dead runs go after a day, younger ones stay', () => {
    const nothing = { summary: null, state: 'no manifest', isOurs: true } as const;
    const manifest = { sizeBytes: null, state: 'no archive' } as const;
    const result = fates({
      backups: [
        stored('old-archive', { ...nothing, lastModified: OLD }),
        stored('young-archive', { ...nothing, lastModified: YOUNG }),
        stored('old-manifest', { ...manifest, lastModified: OLD }),
        stored('young-manifest', { ...manifest, lastModified: YOUNG }),
      ],
      uploads: [upload('old-upload', OLD), upload('young-upload', YOUNG)],
    });
    expect(result).toEqual({
      'old-archive': 'remove: an archive without a manifest, older than 24 hours',
      'young-archive': 'leave: an archive without a manifest, younger than 24 hours: its run may be at work',
      'old-manifest': 'remove: a manifest without an archive, older than 24 hours',
      'young-manifest': 'leave: a manifest without an archive, younger than 24 hours: its run may be at work',
      'old-upload': 'remove: an unfinished upload, older than 24 hours',
      'young-upload': 'leave: an unfinished upload, younger than 24 hours: its run may be at work',
    });
  });

  test('a backup that is not complete is neither the newest nor one of the last', () => {
    const result = fates({
      backups: [
        stored('half', { takenAt: '2026-07-01T00:00:00Z', state: 'no archive', lastModified: YOUNG }),
        stored('whole', { takenAt: '2026-01-01T00:00:00Z' }),
      ],
    });
    expect(result['whole']).toBe('keep: 1 of the last 1, the newest complete backup');
  });

  test("another database's backup is left alone, whole or not, and does not count", () => {
    const result = fates({
      backups: [
        stored('theirs', { database: 'other', takenAt: '2026-07-01T00:00:00Z' }),
        stored('half', { database: 'other', state: 'no archive', sizeBytes: null, lastModified: OLD }),
        stored('ours', { takenAt: '2026-01-01T00:00:00Z' }),
      ],
    });
    expect(result).toEqual({
      theirs: 'leave: its manifest says that it is of the database other',
      half: 'leave: its manifest says that it is of the database other',
      ours: 'keep: 1 of the last 1, the newest complete backup',
    });
  });

  test('a manifest that cannot be read is never removed, however old', () => {
    const backups = [stored('odd', { state: 'unreadable manifest', summary: null, lastModified: new Date(0) })];
    expect(fates({ backups })).toEqual({ odd: 'leave: its manifest cannot be read' });
  });

  test('an archive without a manifest that somebody stored is left alone, however old', () => {
    const bare = { summary: null, state: 'no manifest', lastModified: new Date(0) } as const;
    const reason = 'leave: an archive without a manifest, and not certain to be of Phaselift';
    expect(fates({ backups: [stored('theirs', { ...bare, isOurs: false }), stored('unknown', bare)] })).toEqual({
      theirs: reason,
      unknown: reason,
    });
  });

  test('an upload that still gets parts belongs to a run at work, whenever it began', () => {
    const uploads = [
      { ...upload('slow', new Date(0)), lastActiveAt: YOUNG },
      { ...upload('dead', new Date(0)), lastActiveAt: OLD },
    ];
    expect(fates({ uploads })).toMatchObject({
      slow: expect.stringMatching(/^leave/),
      dead: expect.stringMatching(/^remove/),
    });
  });

  test('the age of leftovers is a matter of the given time', () => {
    const uploads = [upload('u', YOUNG)];
    expect(fates({ uploads, leftoverAgeMs: 3_600_000 })['u']).toBe('remove: an unfinished upload, older than 1 hour');
    expect(fates({ uploads, now: new Date('2026-07-20') })['u']).toMatch(/^remove/);
  });
});
