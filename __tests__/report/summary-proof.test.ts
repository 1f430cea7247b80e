import { expect, test } from '@jest/globals';
import { outputsOf } from '../../src/report/outputs.js';
import { RunRecorder } from '../../src/report/run-recorder.js';
import { proofTable } from '../../src/report/summary-proof.js';

test('the summary of a restore that left a proof shows how long restores took, newest first', () => {
  const history = [
    { provenAt: '2026-11-01T05:00:00.000Z', backupName: 'first', seconds: 100 },
    { provenAt: '2026-11-08T05:00:00.000Z', backupName: 'second|<b>', seconds: null },
    { provenAt: '2026-11-15T05:00:00.000Z', backupName: 'third', seconds: 125 },
    { provenAt: '2026-11-22T05:00:00.000Z', backupName: 'fourth', seconds: 100 },
  ];
  const table = proofTable(new RunRecorder({ proof: { uri: 's3://b/app/fourth.proof.json', history } }).report);
  const rows = table.split('\n').slice(-4);
  expect(table).toMatch(/^Proof <code>s3\S+\/app\/fourth\.proof\.json<\/code>\. /);
  expect(rows[0]).toBe(
    '| 2026-11-22&nbsp;05:00:00&nbsp;UTC | <code>fourth</code> | 1&nbsp;min&nbsp;40&nbsp;sec | −20% |',
  );
  expect(rows[1]).toMatch(/third.*2&nbsp;min&nbsp;5&nbsp;sec \| \+25% \|$/);
  expect(rows[2]).toMatch(/\| – \| – \|$/);
  expect(rows[2]).not.toMatch(/<b>|second\|/);
  expect(rows[3]).toMatch(/first.* \| – \|$/);
  expect(proofTable(new RunRecorder().report)).toBe('');
});

test('the output `drill` is what the next job restores, or empty', () => {
  const drill = { database: 'a "b"', backupName: 'one', provenAt: new Date(), triedAt: null };
  expect(JSON.parse(outputsOf(new RunRecorder({ drill }).report).drill)).toEqual({
    database: 'a "b"',
    backupName: 'one',
  });
  expect(outputsOf(new RunRecorder().report).drill).toBe('');
});
