-- From PostgreSQL 17 on: what 16 and 17 added.
CREATE SCHEMA newer;
SET search_path = newer;

CREATE TABLE stored (id int, v text STORAGE EXTERNAL COMPRESSION pglz);
INSERT INTO stored SELECT n, repeat('v', 3000) FROM generate_series(1, 50) n;
-- Identity of a partitioned table, exclusion over parts, a method that parts inherit.
CREATE TABLE parts (id bigint GENERATED ALWAYS AS IDENTITY, room int, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&)) PARTITION BY LIST (room);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_rest PARTITION OF parts DEFAULT;
INSERT INTO parts (room, during) SELECT n % 3, tsrange('2026-01-01'::timestamp + n * interval '1 day', '2026-01-01'::timestamp + n * interval '1 day' + interval '1 hour') FROM generate_series(1, 100) n;
CREATE TABLE of_method (id int) PARTITION BY RANGE (id) USING heap_again;
CREATE TABLE of_method_1 PARTITION OF of_method DEFAULT;
CREATE COLLATION built_in (PROVIDER = builtin, LOCALE = 'C.UTF-8');
CREATE COLLATION own_rules (PROVIDER = icu, LOCALE = 'und', RULES = '& V << w <<< W');
CREATE TABLE collated (v text COLLATE own_rules PRIMARY KEY, w text COLLATE built_in UNIQUE);
INSERT INTO collated VALUES ('v', 'w'), ('W', 'ä');
GRANT MAINTAIN ON stored TO corpus_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA newer GRANT MAINTAIN ON TABLES TO corpus_reader WITH GRANT OPTION;
CREATE EVENT TRIGGER corpus_login ON login EXECUTE FUNCTION triggers.note_event();
ALTER EVENT TRIGGER corpus_login DISABLE;
CREATE VIEW newer AS SELECT JSON_OBJECT('a': id) AS o, JSON_ARRAY(1, id NULL ON NULL) AS a, v IS JSON OBJECT AS is_object,
  JSON_VALUE('{"a": 1}'::jsonb, '$.a' RETURNING int DEFAULT 7 ON EMPTY) AS value FROM stored;
CREATE VIEW table_of AS SELECT * FROM JSON_TABLE('[{"a": 1}]'::jsonb, '$[*]' COLUMNS (n FOR ORDINALITY, a int PATH '$.a', NESTED PATH '$.b[*]' COLUMNS (b text PATH '$')));
CREATE SUBSCRIPTION corpus_newer CONNECTION 'dbname=nowhere' PUBLICATION one WITH (connect = false, slot_name = NONE, origin = none, run_as_owner = true, password_required = false);
