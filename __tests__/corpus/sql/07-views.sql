-- Views over keys, over each other and in circles; materialized views, filled and not; rules.
CREATE SCHEMA views;
SET search_path = views;

CREATE TABLE items (id int PRIMARY KEY, name text, price numeric, parent int);
INSERT INTO items SELECT n, 'item ' || n, n * 1.5, n / 2 FROM generate_series(1, 300) n;
-- GROUP BY of a primary key: the view needs the key, which comes after the data.
CREATE VIEW by_key AS SELECT i.*, count(*) AS n FROM items i GROUP BY i.id;
CREATE VIEW over_view AS SELECT id, n, price FROM by_key WHERE n > 0;
CREATE VIEW checked (a, "b c") WITH (security_barrier = true, security_invoker = true) AS SELECT id, name FROM items WHERE price > 10 WITH LOCAL CHECK OPTION;
CREATE VIEW cascaded AS SELECT * FROM checked WHERE a > 5 WITH CASCADED CHECK OPTION;
ALTER VIEW checked ALTER COLUMN "b c" SET DEFAULT 'nothing';
CREATE RECURSIVE VIEW ancestors (id, depth) AS SELECT id, 0 FROM items WHERE parent = 0 UNION ALL SELECT i.id, a.depth + 1 FROM items i JOIN ancestors a ON i.parent = a.id AND i.id <> i.parent;
CREATE VIEW odd AS SELECT E'it''s \\ "x"; --' AS "a ""b""", ARRAY[ROW(1, 2)]::text AS r, '{"a": 1}'::jsonb #>> '{a}' AS j, GROUPING(name) AS g, rank() OVER w, array(SELECT 1) AS "select"
  FROM items TABLESAMPLE bernoulli (50) REPEATABLE (7) GROUP BY CUBE (name) WINDOW w AS (ORDER BY name ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES);
CREATE VIEW no_columns AS SELECT;
-- Two views that need each other: pg_dump writes one of them as a rule.
CREATE VIEW circle_a AS SELECT 1 AS id;
CREATE VIEW circle_b AS SELECT id FROM circle_a;
CREATE OR REPLACE VIEW circle_a AS SELECT id FROM circle_b;
-- One that needs its key and is needed by a function that another view calls.
CREATE FUNCTION first_of(by_key) RETURNS int LANGUAGE sql STABLE AS 'SELECT $1.id';
CREATE VIEW with_row_type AS SELECT first_of(b) AS f FROM by_key b;

CREATE MATERIALIZED VIEW z_base AS SELECT id, name, price, count(*) AS n FROM items GROUP BY id WITH DATA;
CREATE UNIQUE INDEX z_base_id ON z_base (id);
CREATE INDEX z_base_price ON z_base (price) WHERE price > 100;
CREATE MATERIALIZED VIEW a_over_base WITH (fillfactor = 70) AS SELECT n, sum(price) AS sum FROM z_base GROUP BY n;
CREATE MATERIALIZED VIEW b_over_both TABLESPACE corpus_space AS SELECT a.n, (SELECT count(*) FROM over_view) AS c FROM a_over_base a;
CREATE MATERIALIZED VIEW empty AS SELECT 1 AS x WITH NO DATA;
CREATE MATERIALIZED VIEW over_empty AS SELECT x FROM empty WITH NO DATA;
CREATE INDEX over_empty_x ON over_empty (x);
CREATE MATERIALIZED VIEW of_code AS SELECT (code.pages_of(3)).n;
CREATE VIEW over_materialized AS SELECT id FROM z_base;
ALTER MATERIALIZED VIEW z_base CLUSTER ON z_base_id;
ALTER MATERIALIZED VIEW z_base ALTER COLUMN name SET STATISTICS 33;

CREATE TABLE noted (at text, what text);
CREATE RULE note_insert AS ON INSERT TO items DO ALSO INSERT INTO noted VALUES ('insert', NEW.name);
CREATE RULE no_delete AS ON DELETE TO items WHERE OLD.price > 5 DO INSTEAD NOTHING;
CREATE RULE two_things AS ON UPDATE TO checked DO INSTEAD (UPDATE items SET name = NEW."b c" WHERE id = OLD.a; NOTIFY "odd channel");
CREATE RULE off AS ON UPDATE TO items DO ALSO NOTHING;
ALTER TABLE items DISABLE RULE off;
CREATE RULE always AS ON UPDATE TO items DO ALSO INSERT INTO noted VALUES ('always', 'x');
ALTER TABLE items ENABLE ALWAYS RULE always;
CREATE RULE replicas AS ON UPDATE TO items DO ALSO INSERT INTO noted VALUES ('replica', 'x');
ALTER TABLE items ENABLE REPLICA RULE replicas;
