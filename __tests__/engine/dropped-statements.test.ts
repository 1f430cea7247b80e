import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { decoderFor } from '../../src/archive/text-encoding.js';
import { UnitText, type TextRules } from '../../src/engine/unit-text.js';

const PREAMBLE = 'SET statement_timeout = 0;\nSET transaction_timeout = 0;\nSET row_security = off;\n';
const BODY = 'SET transaction_timeout = 0;\nSET row_security = off;\nBEGIN;\nCOMMIT;\n';
const header = (type: string, name = 't') => `\n--\n-- Name: ${name}; Type: ${type}; Schema: app; Owner: -\n--\n\n`;
const dataHeader =
  '\n--\n-- Data for Name: t; Type: TABLE DATA; Schema: app; Owner: -\n--\n\nCOPY app.t (a) FROM stdin;\n';

/** What is left of the text of pg_restore, whole or cut into pieces of one byte. */
async function passed(input: string, rules: Partial<TextRules>, pieceBytes = input.length): Promise<string> {
  const unit = new UnitText({ kind: 'statements', stage: 'schema', serverMajor: 15, ...rules });
  const bytes = Buffer.from(input);
  const result = text(unit);
  for (let at = 0; at < bytes.length; at += pieceBytes) unit.write(bytes.subarray(at, at + pieceBytes));
  unit.end();
  return result;
}

describe.each([
  ['in one piece', undefined],
  ['byte by byte', 1],
])('the text of a unit, %s', (_, pieceBytes) => {
  test('the text of a unit loses transaction_timeout before 17, in the preamble only', async () => {
    const statements = header('FUNCTION') + BODY;
    const kept = PREAMBLE.replace('SET transaction_timeout = 0;\n', '');
    expect(await passed(PREAMBLE + statements, { serverMajor: 16 }, pieceBytes)).toBe(kept + statements);
    expect(await passed(PREAMBLE + statements, { serverMajor: 17 }, pieceBytes)).toBe(PREAMBLE + statements);
  });

  test('the text of a unit loses row_security = off where materialized views are refreshed', async () => {
    const statements = header('MATERIALIZED VIEW DATA') + 'REFRESH MATERIALIZED VIEW app.t;\n';
    const kept = PREAMBLE.replace('SET row_security = off;\n', '');
    expect(await passed(PREAMBLE + statements, { stage: 'refresh', serverMajor: 17 }, pieceBytes)).toBe(
      kept + statements,
    );
  });

  test('the text of a unit keeps the rows of tables, whatever they look like', async () => {
    const rows = `${dataHeader}${BODY}${header('TABLE')}${BODY}\\.\n`;
    expect(await passed(PREAMBLE + rows, { kind: 'table-data', stage: 'data', serverMajor: 17 }, pieceBytes)).toBe(
      PREAMBLE + rows,
    );
  });

  test('the text of a unit loses the BEGIN and COMMIT around large objects', async () => {
    const open = "SELECT pg_catalog.lo_open('1', 131072);\nSELECT pg_catalog.lo_close(0);\n";
    const objects = `\n--\n-- Data for Name: BLOBS; Type: BLOBS; Schema: -; Owner: -\n--\n\nBEGIN;\n\n${open}\nCOMMIT;\n\n`;
    const kept = objects.replace('BEGIN;\n', '').replace('COMMIT;\n', '');
    expect(
      await passed(PREAMBLE + objects, { kind: 'large-objects', stage: 'data', serverMajor: 17 }, pieceBytes),
    ).toBe(PREAMBLE + kept);
  });

  test('the text of a unit keeps every byte that is not UTF-8', async () => {
    const unit = new UnitText({ kind: 'statements', stage: 'schema', serverMajor: 17 });
    const bytes = Buffer.concat([Buffer.from(PREAMBLE + header('TABLE')), Buffer.from([0xff, 0xe9, 0x0a, 0x80, 0xc3])]);
    const step = pieceBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += step) unit.write(bytes.subarray(at, at + step));
    unit.end();
    const pieces = (await unit.toArray()) as Buffer[];
    expect(Buffer.concat(pieces)).toEqual(bytes);
  });
});

test('names of objects are read in the encoding of the archive', async () => {
  const decodeText = decoderFor("SET client_encoding = 'LATIN1';\n");
  const unit = new UnitText({ kind: 'statements', stage: 'schema', serverMajor: 15, decodeText });
  unit.end(Buffer.from(`${PREAMBLE}${header('TABLE', 'größer')}CREATE TABLE a;\n`, 'latin1'));
  await text(unit);
  expect(unit.objectAt(unit.lines)).toBe('TABLE app.größer');
});

test('a line of the text of a unit leads to the object that it is of', async () => {
  const unit = new UnitText({ kind: 'statements', stage: 'schema', serverMajor: 15 });
  const input = `${PREAMBLE}${header('TABLE', 'größer')}CREATE TABLE a;\n${header('VIEW', 'v')}CREATE VIEW v;\n`;
  unit.end(input);
  const lines = (await text(unit)).split('\n');
  const lineOf = (statement: string) => lines.indexOf(statement) + 1;
  expect(unit.objectAt(lineOf('CREATE TABLE a;'))).toBe('TABLE app.größer');
  expect(unit.objectAt(lineOf('CREATE VIEW v;'))).toBe('VIEW app.v');
  expect(unit.objectAt(1)).toBeNull();
});
