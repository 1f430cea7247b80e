-- Foreign-data wrappers, servers, user mappings and foreign tables; none of them is reached.
CREATE EXTENSION postgres_fdw SCHEMA public;
CREATE SCHEMA "foreign";
SET search_path = "foreign", public;

CREATE FUNCTION wrapper_handler() RETURNS fdw_handler LANGUAGE c AS '$libdir/postgres_fdw', 'postgres_fdw_handler';
CREATE FUNCTION wrapper_validator(text[], oid) RETURNS void LANGUAGE c AS '$libdir/postgres_fdw', 'postgres_fdw_validator';
CREATE FOREIGN DATA WRAPPER "our ""wrapper""" HANDLER wrapper_handler VALIDATOR wrapper_validator;
CREATE FOREIGN DATA WRAPPER nothing OPTIONS (debug 'true', "odd ""option""" 'it''s \ x');
CREATE SERVER far TYPE 'postgres' VERSION '1.2 "x"' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'it''s');
CREATE SERVER "our ""server""" FOREIGN DATA WRAPPER "our ""wrapper""";
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'somebody');
CREATE USER MAPPING FOR corpus_reader SERVER far OPTIONS (user 'it''s', password 'not a \ ''secret''');
CREATE USER MAPPING FOR "corpus ""odd"" role 🐘 $1 %I" SERVER nowhere OPTIONS (anything 'goes');
CREATE USER MAPPING FOR corpus_owner SERVER nowhere;
CREATE FOREIGN TABLE away (id int OPTIONS (column_name 'an "id"') NOT NULL, v text COLLATE "C" DEFAULT 'x', n numeric(4, 2), g int GENERATED ALWAYS AS (id * 2) STORED, CHECK (id > 0))
  SERVER far OPTIONS (schema_name 'the ''schema''', table_name 't');
CREATE FOREIGN TABLE nothing_there () SERVER nowhere;
CREATE TABLE mixed (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE mixed_here PARTITION OF mixed FOR VALUES FROM (0) TO (100);
CREATE FOREIGN TABLE mixed_away PARTITION OF mixed FOR VALUES FROM (100) TO (200) SERVER far;
INSERT INTO mixed SELECT n, 'v' FROM generate_series(1, 50) n;
CREATE FOREIGN TABLE inherited () INHERITS (tables.parent_b) SERVER nowhere;
ALTER FOREIGN TABLE away ALTER COLUMN v SET STATISTICS 5, ALTER COLUMN v SET (n_distinct = 7);
CREATE TRIGGER t BEFORE INSERT ON away FOR EACH ROW EXECUTE FUNCTION triggers.note();
CREATE VIEW over_away AS SELECT id FROM away;
CREATE MATERIALIZED VIEW copied AS SELECT id FROM away WITH NO DATA;
