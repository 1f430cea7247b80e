import type { ErrorCode } from '../../../src/foundation/errors.js';

/** What a head may be refused with. */
export const BAD_HEAD: readonly ErrorCode[] = ['ARCHIVE_FORMAT', 'ARCHIVE_TRUNCATED'];
/** And the blocks behind it. */
export const BAD_ARCHIVE: readonly ErrorCode[] = [...BAD_HEAD, 'ARCHIVE_DAMAGED'];

const KINDS = [
  ...[
    'ENCODING',
    'STDSTRINGS',
    'SEARCHPATH',
    'TABLE DATA',
    'BLOBS',
    'BLOB METADATA',
    'LARGE OBJECTS ',
    'LARGE OBJECT 16',
  ],
  ...['ACL', 'DEFAULT ACL', 'POLICY', 'USER MAPPING', 'INDEX', 'DATABASE PROPERTIES', 'DATABASE app', 'CONSTRAINT'],
  ...['FK CONSTRAINT', 'TABLE'],
];

const SQL = [
  "client_encoding = 'LATIN1'",
  "client_encoding = 'EUC_JP'",
  'COPY app.t (a) FROM stdin;\n',
  'GRANT ALL ON LARGE OBJECT 16 TO x;\n',
  'SET SESSION AUTHORIZATION x;\n',
  'RESET SESSION AUTHORIZATION;\n',
  'ALTER DEFAULT PRIVILEGES FOR ROLE x IN SCHEMA y GRANT ALL ON TABLES TO z;\n',
  'ALTER DATABASE d SET x TO ',
  'ALTER ROLE r IN DATABASE d SET x TO ',
  'CONNECTION LIMIT = 5',
  'CREATE POLICY p ON a.b TO ',
  'CREATE USER MAPPING FOR x SERVER ',
  'ALTER TABLE ONLY a.b\n    ADD CONSTRAINT c ',
  'PRIMARY KEY (x);\n',
  'FOREIGN KEY (x) REFERENCES a.b(x);\n',
  'CREATE UNIQUE INDEX i ON a.b USING btree (x);\n',
];

const BYTES = [
  ...['0000000000', '0101000000', '00ffffff7f', '0000000004', '0001000000', '28b52ffd', '789c', '0300000000000000'],
].map((hex) => Buffer.from(hex, 'hex'));

export const ARCHIVE_TOKENS: readonly (string | Buffer)[] = [
  ...[
    'PGDMP\x01\x0e\x00',
    'PGDMP\x01\x0f\x00',
    'PGDMP\x01\x10\x00',
    '\\.\n\n\n',
    '3402.dat',
    'blobs.toc',
    '16 blob_16.dat\n',
  ],
  ...KINDS,
  ...SQL,
  ...BYTES,
];
