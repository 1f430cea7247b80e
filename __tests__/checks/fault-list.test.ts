import { expect, test } from '@jest/globals';
import { FaultList } from '../../src/checks/fault-list.js';
import { PhaseliftError } from '../../src/foundation/errors.js';

function thrownBy(...faults: PhaseliftError[]): PhaseliftError {
  const list = new FaultList();
  for (const fault of faults) list.add(fault);
  try {
    list.throwIfAny();
  } catch (error) {
    if (error instanceof PhaseliftError) return error;
  }
  throw new Error('no fault was thrown');
}

const CONNECTION = new PhaseliftError('CONNECTION', 'the server is away', { hint: 'Start it.' });
const RIGHTS = new PhaseliftError('CHECKS', 'two objects cannot be made\n  A\n  B', { hint: 'Leave them out:\nA\nB' });

test('a fault that is alone is thrown as it is', () => {
  expect(thrownBy(CONNECTION)).toBe(CONNECTION);
});

test('several faults are one list, in which the lines of each stay together', () => {
  expect(thrownBy(CONNECTION, RIGHTS).message).toBe(
    [
      '2 checks failed, nothing was done:',
      '- the server is away. Start it.',
      '- two objects cannot be made',
      '    A',
      '    B',
      '  Leave them out:',
      '  A',
      '  B',
    ].join('\n'),
  );
});

test('a list of faults names skip-checks only where it would skip one of them', () => {
  expect(thrownBy(CONNECTION, RIGHTS).hint).toContain('skip-checks');
  expect(thrownBy(CONNECTION, CONNECTION).hint).toBe('Correct these and run again.');
});
