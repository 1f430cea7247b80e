-- From PostgreSQL 18 on: virtual columns, keys and constraints over time, constraints that are not enforced, NOT NULL as a constraint.
CREATE SCHEMA newest;
SET search_path = newest, public;

CREATE TABLE computed (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL, thrice int GENERATED ALWAYS AS (id * 3) STORED);
INSERT INTO computed SELECT generate_series(1, 100);
CREATE TABLE stays (room int, during tsrange, PRIMARY KEY (room, during WITHOUT OVERLAPS));
INSERT INTO stays SELECT n, tsrange('2026-01-01', '2026-01-02') FROM generate_series(1, 50) n;
CREATE TABLE guests (room int, during tsrange, FOREIGN KEY (room, PERIOD during) REFERENCES stays (room, PERIOD during));
INSERT INTO guests SELECT room, during FROM stays;
CREATE TABLE loose (id int, parent int CONSTRAINT given NOT NULL, CONSTRAINT big CHECK (id > 1000) NOT ENFORCED, CONSTRAINT alone NOT NULL id NO INHERIT);
INSERT INTO loose SELECT n, n FROM generate_series(1, 100) n;
ALTER TABLE loose ADD CONSTRAINT to_nobody FOREIGN KEY (parent) REFERENCES computed NOT ENFORCED;
CREATE TABLE later (id int);
INSERT INTO later VALUES (NULL), (1);
ALTER TABLE later ADD CONSTRAINT given_later NOT NULL id NOT VALID;
COMMENT ON CONSTRAINT given_later ON later IS 'not valid, and stays so';
CREATE TABLE parent (id int);
CREATE TABLE child (CONSTRAINT of_child NOT NULL id) INHERITS (parent);
CREATE TABLE whole (id int, parent int) PARTITION BY RANGE (id);
CREATE TABLE whole_1 PARTITION OF whole DEFAULT;
INSERT INTO whole SELECT n, n FROM generate_series(1, 50) n;
ALTER TABLE whole ADD CONSTRAINT not_checked FOREIGN KEY (parent) REFERENCES computed NOT VALID;
CREATE PUBLICATION corpus_computed FOR TABLE computed WITH (publish_generated_columns = stored);
GRANT SELECT ON LARGE OBJECT 100004 TO corpus_reader;
