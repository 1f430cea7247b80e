import { describe, expect, test } from '@jest/globals';
import { backupTableLines } from '../../src/commands/backup-lines.js';
import type { BackupLine } from '../../src/report/run-report.js';

const LINE: BackupLine = {
  provenAt: null,
  name: '20260714-031700',
  takenAt: '2026-07-14T03:17:00Z',
  finishedAt: '2026-07-14T04:17:00Z',
  sizeBytes: 1023.9 * 1024 ** 3,
  rows: 1_234_567_890,
  tables: 20_000,
  serverVersion: '18.10 (Debian 18.10-1.pgdg13+2)',
  dumpVersion: '18.10 (Debian 18.10-1.pgdg13+2)',
  phaseliftVersion: '0.1.0',
  state: 'complete',
  lastModified: '2026-07-14T04:17:00Z',
};

describe('the list of backups in the log', () => {
  test('the list fits 80 columns, whatever becomes of backups', () => {
    const states = ['complete', 'no manifest', 'no archive', 'unreadable manifest', 'manifest of another archive'];
    const lines = backupTableLines(states.map((state) => ({ ...LINE, state })));
    expect(lines[1]).toBe('20260714-031700  2026-07-14 03:17  1024 GiB  1,234,567,890  18.10   complete');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines.map((line) => line.split(/ {2,}/).at(-1))).toEqual([
      ...['STATE', 'complete', 'no manifest', 'no archive', 'unreadable', 'mismatched'],
    ]);
  });
});
