-- Constraints of each kind: valid and not, deferred, of no inheritance, over expressions, and in circles.
CREATE EXTENSION btree_gist SCHEMA public;
CREATE SCHEMA constraints;
SET search_path = constraints, public;

CREATE TABLE keys (a int, b int, c text, d int4range, e int, f int, g int UNIQUE,
  CONSTRAINT keys_key PRIMARY KEY (a, b) INCLUDE (c) WITH (fillfactor = 80),
  UNIQUE (c), CONSTRAINT "later ""key""" UNIQUE (e) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT soon UNIQUE (f) DEFERRABLE,
  CONSTRAINT nulls_once UNIQUE NULLS NOT DISTINCT (b, c),
  CONSTRAINT no_overlap EXCLUDE USING gist (d WITH &&) WHERE (a > 5),
  CONSTRAINT no_overlap_later EXCLUDE USING gist (a WITH =, d WITH &&) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT apart EXCLUDE USING btree ((a + b) WITH =) INCLUDE (c),
  CONSTRAINT "check; --" CHECK (a > 0 AND c <> E'it''s \\ "x"'), CHECK (b IS NOT NULL) NO INHERIT);
INSERT INTO keys SELECT n, n, 'key ' || n, int4range(n, n + 1), n, n, n FROM generate_series(1, 500) n;
INSERT INTO keys (a, b) VALUES (501, 501);
CREATE UNIQUE INDEX keys_from_index ON keys (f, a);
ALTER TABLE keys ADD CONSTRAINT keys_from_index UNIQUE USING INDEX keys_from_index;
ALTER TABLE keys ADD CONSTRAINT not_valid CHECK (a < 10) NOT VALID;

CREATE TABLE actions (id int PRIMARY KEY, a int, b int, c int, d int,
  FOREIGN KEY (a, b) REFERENCES keys (a, b) MATCH FULL ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT to_e FOREIGN KEY (c) REFERENCES keys (g) ON DELETE RESTRICT ON UPDATE SET DEFAULT,
  CONSTRAINT some_null FOREIGN KEY (c, d) REFERENCES keys (a, b) ON DELETE SET NULL (d) DEFERRABLE INITIALLY IMMEDIATE,
  CONSTRAINT later FOREIGN KEY (a, b) REFERENCES keys ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
INSERT INTO actions SELECT n, n, n, NULL, n FROM generate_series(1, 200) n;
INSERT INTO actions VALUES (201, NULL, NULL, 5, 5);
ALTER TABLE actions ADD CONSTRAINT never_checked FOREIGN KEY (id) REFERENCES keys (g) NOT VALID;
INSERT INTO actions VALUES (7, NULL, NULL, NULL, NULL) ON CONFLICT DO NOTHING;

-- Circles: of one table, of two, of three, and rows that need both directions.
CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree);
INSERT INTO tree SELECT n, CASE WHEN n < 400 THEN n + 1 END FROM generate_series(1, 400) n;
CREATE TABLE hen (id int PRIMARY KEY, egg int NOT NULL);
CREATE TABLE egg (id int PRIMARY KEY, hen int NOT NULL REFERENCES hen DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE hen ADD CONSTRAINT hen_egg FOREIGN KEY (egg) REFERENCES egg DEFERRABLE INITIALLY DEFERRED;
BEGIN;
INSERT INTO hen SELECT n, n FROM generate_series(1, 100) n;
INSERT INTO egg SELECT n, n FROM generate_series(1, 100) n;
COMMIT;
CREATE TABLE one (id int PRIMARY KEY, next int);
CREATE TABLE two (id int PRIMARY KEY, next int REFERENCES one);
CREATE TABLE three (id int PRIMARY KEY, next int REFERENCES two);
INSERT INTO one VALUES (1, 1);
INSERT INTO two VALUES (1, 1);
INSERT INTO three VALUES (1, 1);
ALTER TABLE one ADD FOREIGN KEY (next) REFERENCES three;

-- A check that calls a function which reads the table, and one that compares with the time: they hold when rows come first.
CREATE TABLE limits (id int PRIMARY KEY, most int);
INSERT INTO limits VALUES (1, 100);
CREATE FUNCTION most_of(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT most FROM constraints.limits WHERE id = $1';
CREATE TABLE bounded (id int, n int);
INSERT INTO bounded SELECT 1, n FROM generate_series(1, 50) n;
ALTER TABLE bounded ADD CONSTRAINT bounded_by CHECK (n <= most_of(id)) NOT VALID;
