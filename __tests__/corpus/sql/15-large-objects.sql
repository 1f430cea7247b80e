-- Large objects: empty, small, of many pages, with a hole, of high numbers; with owners, rights and comments.
SELECT lo_create(100001), lo_from_bytea(100002, 'BEGIN;'), lo_from_bytea(100003, decode(repeat('00ff5c', 40000), 'hex')), lo_from_bytea(4294967295, '\x00');
SELECT lo_put(100001, 10000, 'behind a hole');
SELECT lo_create(100004);
SELECT count(lo_from_bytea(100100 + n, convert_to('object ' || n, 'UTF8'))) FROM generate_series(1, 50) n;
ALTER LARGE OBJECT 100002 OWNER TO corpus_owner;
GRANT SELECT ON LARGE OBJECT 100002 TO PUBLIC;
GRANT SELECT, UPDATE ON LARGE OBJECT 100003 TO corpus_reader WITH GRANT OPTION;
COMMENT ON LARGE OBJECT 100004 IS E'it''s \\ empty\nCOMMIT;';
