import { describe, expect, test } from '@jest/globals';
import { ENTRY_KINDS } from '../../src/inputs/entry-kinds.js';
import { faultOf, faultsOf, restore } from './given.js';

const entries = (text: string) => restore({ 'skip-entries': text }).skipEntries;

describe('skip-entries', () => {
  test('a line of skip-entries is a kind, or a kind and a name', () => {
    expect(entries('EVENT TRIGGER\n\n EXTENSION   postgres_fdw \r\nINDEX app.big_idx')).toEqual([
      { desc: 'EVENT TRIGGER', name: null, text: 'EVENT TRIGGER' },
      { desc: 'EXTENSION', name: 'postgres_fdw', text: 'EXTENSION   postgres_fdw' },
      { desc: 'INDEX', name: 'app.big_idx', text: 'INDEX app.big_idx' },
    ]);
  });

  test.each([
    ['MATERIALIZED VIEW DATA app.mv', 'MATERIALIZED VIEW DATA', 'app.mv'],
    ['MATERIALIZED VIEW app.mv', 'MATERIALIZED VIEW', 'app.mv'],
    ['TABLE DATA app.log', 'TABLE DATA', 'app.log'],
    ['TABLE data', 'TABLE', 'data'],
    ['FK CONSTRAINT app.t t_fk', 'FK CONSTRAINT', 'app.t t_fk'],
    ['COMMENT EXTENSION plpgsql', 'COMMENT', 'EXTENSION plpgsql'],
    ['FUNCTION app.f(integer, text)', 'FUNCTION', 'app.f(integer, text)'],
    ['INDEX "Odd Name"', 'INDEX', '"Odd Name"'],
  ])('skip-entries takes the longest kind that fits: %s', (text, desc, name) => {
    expect(entries(text)).toEqual([{ desc, name, text }]);
  });

  test.each([...ENTRY_KINDS])('skip-entries knows the kind %s', (kind) => {
    expect(entries(kind)).toEqual([{ desc: kind, name: null, text: kind }]);
  });

  test.each([
    ['index app.big_idx', '`INDEX`'],
    ['TRIGER x', '`TRIGGER`'],
    ['FOREIGN KEY x', '`FOREIGN TABLE`'],
    ['CONSTRAINTS', '`FK CONSTRAINT`'],
    ['app.big_idx', 'pg_restore --list'],
    ['ENCODING', 'does not begin with a kind'],
    ['INDEXapp.i', '`INDEX`'],
  ])('skip-entries does not know the kind %s, and says what is near', (text, expected) => {
    const fault = faultOf(() => entries(text));
    expect(fault).toContain(`input \`skip-entries\`: \`${text}\``);
    expect(fault).toContain(expected);
  });

  test('each wrong line of skip-entries is a fault of its own', () => {
    expect(faultsOf(() => entries('index\nINDEX a\ntable'))).toHaveLength(3);
  });
});
