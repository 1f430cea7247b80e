-- One of everything that several readers can read otherwise than pg_dump does. Run as a superuser.
CREATE SCHEMA odd;
CREATE SCHEMA "Odd ""schema"" 🐘, $1 %I.x";

-- Large enough to be read in pieces, though its rows are not all alive, and some of its columns are not there any more.
CREATE TABLE odd.large (gone text, id int PRIMARY KEY, filler text, doubled bigint GENERATED ALWAYS AS (id * 2::bigint) STORED, late text);
INSERT INTO odd.large (gone, id, filler) SELECT 'x', n, repeat(md5(n::text), 7) FROM generate_series(1, 90000) n;
DELETE FROM odd.large WHERE id % 5 = 0 OR id BETWEEN 40000 AND 60000;
UPDATE odd.large SET late = 'changed' WHERE id % 11 = 0;
ALTER TABLE odd.large DROP COLUMN gone;

-- The same with rows of its own and of its children: each has its own block.
CREATE TABLE "Odd ""schema"" 🐘, $1 %I.x"."Parent) TO STDOUT; (""" ("a, ""b"") FROM x (" int, "ORDER" text, "C$" text DEFAULT 'c');
INSERT INTO "Odd ""schema"" 🐘, $1 %I.x"."Parent) TO STDOUT; (""" SELECT n, repeat('y', 300) FROM generate_series(1, 80000) n;
CREATE TABLE "Odd ""schema"" 🐘, $1 %I.x"."%s child" ("extra%" int) INHERITS ("Odd ""schema"" 🐘, $1 %I.x"."Parent) TO STDOUT; (""");
INSERT INTO "Odd ""schema"" 🐘, $1 %I.x"."%s child" SELECT n, 'of the child' FROM generate_series(1, 1000) n;
CREATE TABLE "Odd ""schema"" 🐘, $1 %I.x"."new
line" ("new
column" int, "tab	\n" text);
INSERT INTO "Odd ""schema"" 🐘, $1 %I.x"."new
line" VALUES (1, 'one'), (2, E'\\.');
CREATE TABLE "Odd ""schema"" 🐘, $1 %I.x".":'var' :""v"" \gexec ;" (":id" int);
INSERT INTO "Odd ""schema"" 🐘, $1 %I.x".":'var' :""v"" \gexec ;" VALUES (7);
CREATE TABLE "Odd ""schema"" 🐘, $1 %I.x"."select" ("select" int, "from" int, select_ int);
INSERT INTO "Odd ""schema"" 🐘, $1 %I.x"."select" VALUES (1, 2, 3);

-- Few pages, but long values behind them; most of them are no text that compresses.
CREATE TABLE odd.toasted (id int, value text);
ALTER TABLE odd.toasted ALTER value SET STORAGE EXTERNAL;
INSERT INTO odd.toasted SELECT n, repeat(md5(n::text), 6000) FROM generate_series(1, 140) n;

-- No rows, no columns, or both; a table all of whose columns are computed or gone.
CREATE TABLE odd.empty (id int);
CREATE TABLE odd.no_columns ();
INSERT INTO odd.no_columns SELECT FROM generate_series(1, 5);
CREATE TABLE odd.no_columns_large ();
INSERT INTO odd.no_columns_large SELECT FROM generate_series(1, 1200000);
CREATE TABLE odd.no_columns_empty ();
CREATE TABLE odd.only_computed (x int GENERATED ALWAYS AS (1 + 1) STORED);
INSERT INTO odd.only_computed SELECT FROM generate_series(1, 3);
CREATE TABLE odd.all_gone (a int, b int);
INSERT INTO odd.all_gone VALUES (1, 2), (3, 4);
ALTER TABLE odd.all_gone DROP COLUMN a, DROP COLUMN b;
CREATE TABLE odd.computed_first (sum int GENERATED ALWAYS AS (a + b) STORED, a int, gone int, b int, id int GENERATED ALWAYS AS IDENTITY);
INSERT INTO odd.computed_first (a, gone, b) SELECT n, n, -n FROM generate_series(1, 10) n;
ALTER TABLE odd.computed_first DROP COLUMN gone;
ALTER TABLE odd.computed_first ADD COLUMN later text DEFAULT 'a value that no page has';

-- Rows that look like ends, nulls, commands and what a reader writes between tables.
CREATE TABLE odd.texts (line text);
INSERT INTO odd.texts VALUES ('\.'), ('\\.'), (E'\\.\n'), (E'\n\\.\n\n'), ('\N'), (NULL), (''), (E'\t'), (E'\\'), (E'\\\\'), (E'\r\n'), (E'\x01\x08\x0b\x0c\x7f'),
  ('äöü 漢字 🐘'), ('phaselift-'), (E'phaselift-00000000000000000000000000000000\n'), ('\echo x'), ('\!'), (':x'), ('COPY x FROM stdin;'), ('--');
CREATE TABLE odd.lone (line text);
INSERT INTO odd.lone VALUES ('\.');

-- Values whose text follows the settings of a session.
CREATE TABLE odd.settings (b bytea, f float8, g float4, i interval, t timestamptz, d date, m money, x xml, r tstzrange, a float8[]);
INSERT INTO odd.settings VALUES ('\x00ff5c41', 0.1 + 0.2, 1.0 / 3, '-1 year 2 mons -3 days 04:05:06.789', '2026-03-29 01:30:00.123456Z', '2026-12-31', '-1234.5', '<a/>',
  '[2026-01-01 00:00Z,infinity)', ARRAY[pi(), 'NaN', '-Infinity', 1e-310]), ('', 'NaN', 1e38, '0', 'infinity', '-infinity', 0, NULL, 'empty', '{}');
INSERT INTO odd.settings DEFAULT VALUES;

-- Partitions of each kind; a table of an enum's hash is loaded through its root by newer tools.
CREATE TYPE odd.color AS ENUM ('red', 'green', 'blue');
CREATE TABLE odd.by_hash (color odd.color, n int) PARTITION BY HASH (color);
CREATE TABLE odd.by_hash_0 PARTITION OF odd.by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE odd.by_hash_1 (n int, gone int, color odd.color);
ALTER TABLE odd.by_hash_1 DROP COLUMN gone;
ALTER TABLE odd.by_hash ATTACH PARTITION odd.by_hash_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO odd.by_hash SELECT (enum_range(NULL::odd.color))[n % 3 + 1], n FROM generate_series(1, 500) n;
CREATE TABLE odd.by_range (day date, what text, PRIMARY KEY (day)) PARTITION BY RANGE (day);
CREATE TABLE odd.by_range_1 PARTITION OF odd.by_range FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE odd.by_range_rest PARTITION OF odd.by_range DEFAULT PARTITION BY LIST (day);
CREATE TABLE odd.by_range_rest_all PARTITION OF odd.by_range_rest DEFAULT;
INSERT INTO odd.by_range SELECT date '2026-01-01' + n, 'day ' || n FROM generate_series(1, 60) n;

-- Tables that are not written to the log, rights on rows, views, sequences; tables of other servers have no rows here.
CREATE UNLOGGED TABLE odd.unlogged AS SELECT n FROM generate_series(1, 1000) n;
CREATE TABLE odd.hidden AS SELECT n FROM generate_series(1, 100) n;
ALTER TABLE odd.hidden ENABLE ROW LEVEL SECURITY;
CREATE POLICY even ON odd.hidden FOR SELECT USING (n % 2 = 0);
CREATE MATERIALIZED VIEW odd.seen AS SELECT count(*) FROM odd.large;
CREATE VIEW odd.plain_view AS SELECT 1 AS one;
CREATE SEQUENCE odd.counter;
SELECT nextval('odd.counter');
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE odd.far_away (id int) SERVER nowhere;
CREATE TYPE odd.pair AS (a int, b text);
CREATE TABLE odd.of_type OF odd.pair;
INSERT INTO odd.of_type VALUES (1, 'x');

-- Configuration tables of an extension, with a condition and without; catalog rows as pg_extension_config_dump writes them.
CREATE EXTENSION citext SCHEMA odd;
CREATE TABLE odd.config_some (name text, "is built in" bool, n int GENERATED ALWAYS AS (1) STORED);
CREATE TABLE odd.config_all (name text);
CREATE TABLE odd.config_none (name text);
INSERT INTO odd.config_some SELECT 'name ' || n, n % 3 = 0 FROM generate_series(1, 50) n;
INSERT INTO odd.config_all SELECT 'name ' || n FROM generate_series(1, 50) n;
INSERT INTO odd.config_none VALUES ('never dumped');
ALTER EXTENSION citext ADD TABLE odd.config_some;
ALTER EXTENSION citext ADD TABLE odd.config_all;
ALTER EXTENSION citext ADD TABLE odd.config_none;
UPDATE pg_extension SET extconfig = ARRAY['odd.config_some'::regclass::oid, 'odd.config_all'::regclass::oid],
  extcondition = ARRAY['WHERE NOT "is built in" AND name <> ''name 1'' ORDER BY name', ''] WHERE extname = 'citext';

-- Names as values: written by the setting for quotes.
CREATE TABLE odd.named_things AS SELECT 'pg_catalog.pg_class'::regclass AS class, 'pg_catalog.int4'::regtype AS type;

-- Large objects: small, empty, of many pages, with rights and comments.
SELECT lo_from_bytea(200001, 'small'), lo_create(200002), lo_from_bytea(200003, decode(repeat('00ff5c', 40000), 'hex'));
SELECT count(lo_from_bytea(200100 + n, convert_to('object ' || n, 'UTF8'))) FROM generate_series(1, 30) n;
GRANT SELECT ON LARGE OBJECT 200001 TO PUBLIC;
COMMENT ON LARGE OBJECT 200002 IS 'the empty one';
ANALYZE;
