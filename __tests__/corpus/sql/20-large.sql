-- A table that is cut into several slices, with an index, and values behind its rows that do not compress.
CREATE SCHEMA large;
SET search_path = large;

CREATE TABLE rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, line text, bytes bytea);
INSERT INTO rows (n, line, bytes) SELECT n % 1000, E'a row with\ttabs, \\ and\n' || repeat(md5(n::text), 20), decode(md5(n::text) || '5c0a09', 'hex') FROM generate_series(1, 50000) n;
CREATE INDEX rows_n ON rows (n, id DESC);
ALTER TABLE rows ADD CONSTRAINT rows_bytes CHECK (length(bytes) = 19);
