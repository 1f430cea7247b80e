import { describe, expect, test } from '@jest/globals';
import { asNotValid, asValidation, foreignKey } from '../../src/archive/foreign-key.js';
import { entry } from '../plan/toc-entries.js';

const PLAIN = 'ALTER TABLE ONLY app.t\n    ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES app.u(b);\n';
const ODD =
  'ALTER TABLE "A ""b""; c"."t\nADD CONSTRAINT x"\n    ADD CONSTRAINT "f) NOT VALID;" FOREIGN KEY ("a, b", c) ' +
  'REFERENCES app."u(x)"("d"";", e) MATCH FULL ON DELETE SET NULL (c) DEFERRABLE INITIALLY DEFERRED;\n';

const read = (definition: string) => foreignKey(entry(1, 'FK CONSTRAINT', 't f', { definition }));

describe('a foreign key', () => {
  test('a foreign key is read out of its SQL', () => {
    expect(read(PLAIN)).toEqual({
      schema: 'app',
      table: 't',
      columns: ['a'],
      referenced: { schema: 'app', table: 'u', columns: ['b'] },
      hasPeriod: false,
      isChecked: true,
    });
    expect(read(ODD)).toEqual({
      schema: 'A "b"; c',
      table: 't\nADD CONSTRAINT x',
      columns: ['a, b', 'c'],
      referenced: { schema: 'app', table: 'u(x)', columns: ['d";', 'e'] },
      hasPeriod: false,
      isChecked: true,
    });
  });

  test('a foreign key over periods is one', () => {
    const definition = PLAIN.replace('(a)', '(a, PERIOD valid)').replace('(b)', '(b, PERIOD valid)');
    expect(read(definition)).toMatchObject({ columns: ['a', 'valid'], hasPeriod: true });
  });

  test.each(['NOT VALID', 'NOT ENFORCED'])('a foreign key that is %s is not checked', (what) => {
    expect(read(PLAIN.replace(';', ` ON DELETE CASCADE ${what};`))).toMatchObject({ isChecked: false });
  });

  test('a foreign key is added NOT VALID, and validated, by statements of the same names', () => {
    expect(asNotValid(PLAIN)).toBe(
      'ALTER TABLE ONLY app.t\n    ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES app.u(b) NOT VALID;\n',
    );
    expect(asValidation(PLAIN)).toBe('ALTER TABLE ONLY app.t\n    VALIDATE CONSTRAINT f;\n');
    expect(asNotValid(ODD)).toBe(ODD.replace(/;\n$/, ' NOT VALID;\n'));
    expect(asValidation(ODD)).toBe(
      'ALTER TABLE "A ""b""; c"."t\nADD CONSTRAINT x"\n    VALIDATE CONSTRAINT "f) NOT VALID;";\n',
    );
  });

  test.each([
    'ALTER TABLE ONLY app.t\n    ADD CONSTRAINT f CHECK (a > 0);\n',
    `${PLAIN}DROP TABLE app.t`,
    `DROP TABLE app.t; ${PLAIN}`,
    'ALTER TABLE ONLY app.T\n    ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES app.u(b);\n',
  ])('a foreign key is nothing of another form: %j', (definition) => {
    expect([read(definition), asNotValid(definition), asValidation(definition)]).toEqual([null, null, null]);
  });
});
