-- Partitions by range, list and hash, of partitions, with defaults; what belongs to a partition alone, and keys to and from the whole.
CREATE SCHEMA partitions;
SET search_path = partitions;

CREATE TABLE sales (id bigint, day date NOT NULL, region text NOT NULL DEFAULT 'north', amount numeric, CONSTRAINT sales_key PRIMARY KEY (id, day), UNIQUE (day, id, region)) PARTITION BY RANGE (day);
CREATE TABLE sales_old PARTITION OF sales FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE sales_1 PARTITION OF sales (CONSTRAINT not_negative CHECK (amount >= 0), amount DEFAULT 7) FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') WITH (fillfactor = 80) TABLESPACE corpus_space;
CREATE TABLE sales_2 PARTITION OF sales FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (day);
CREATE TABLE sales_2_begin PARTITION OF sales_2 FOR VALUES IN ('2026-02-01', '2026-02-02');
CREATE TABLE sales_2_rest PARTITION OF sales_2 DEFAULT PARTITION BY HASH (id);
CREATE TABLE sales_2_rest_0 PARTITION OF sales_2_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE UNLOGGED TABLE sales_2_rest_1 PARTITION OF sales_2_rest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
-- Attached later: other columns in another order, and one that is gone.
CREATE TABLE sales_3 (region text NOT NULL DEFAULT 'of its own', gone int, amount numeric, id bigint NOT NULL, day date NOT NULL, CONSTRAINT own_check CHECK (id > 0));
ALTER TABLE sales_3 DROP COLUMN gone;
CREATE UNIQUE INDEX sales_3_own ON sales_3 (id, day);
ALTER TABLE sales_3 ADD CONSTRAINT sales_3_own_key PRIMARY KEY USING INDEX sales_3_own;
ALTER TABLE sales ATTACH PARTITION sales_3 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
CREATE TABLE sales_rest PARTITION OF sales DEFAULT;
INSERT INTO sales SELECT n, date '2025-12-01' + n % 150, (ARRAY['north', 'south', 'east'])[n % 3 + 1], n FROM generate_series(1, 3000) n;
-- Indexes of all, of one partition, attached by hand under another name, and one that not every partition has.
CREATE INDEX sales_amount ON sales (amount) WHERE amount > 100;
CREATE INDEX sales_1_alone ON sales_1 (region);
CREATE INDEX sales_region ON ONLY sales (region);
CREATE INDEX by_hand ON sales_old (region);
ALTER INDEX sales_region ATTACH PARTITION by_hand;
CREATE INDEX sales_brin ON sales USING brin (day);
ALTER TABLE sales_1 CLUSTER ON sales_1_pkey;
ALTER TABLE sales_3 REPLICA IDENTITY USING INDEX sales_3_own_key;

-- Foreign keys: to a whole, from a whole, from a partition alone, to itself.
CREATE TABLE customers (id int, kind text, PRIMARY KEY (kind, id)) PARTITION BY LIST (kind);
CREATE TABLE customers_a PARTITION OF customers FOR VALUES IN ('a');
CREATE TABLE customers_rest PARTITION OF customers DEFAULT;
INSERT INTO customers SELECT n, chr(97 + n % 3) FROM generate_series(1, 300) n;
CREATE TABLE visits (id int, customer int, kind text, day date NOT NULL, sale bigint, FOREIGN KEY (kind, customer) REFERENCES customers ON DELETE CASCADE) PARTITION BY RANGE (id);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (0) TO (500);
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM (500) TO (MAXVALUE) PARTITION BY RANGE (day, id);
CREATE TABLE visits_2_a PARTITION OF visits_2 FOR VALUES FROM ('2026-01-01', MINVALUE) TO ('2026-02-01', MAXVALUE);
CREATE TABLE visits_2_b PARTITION OF visits_2 DEFAULT;
INSERT INTO visits SELECT n, n % 300 + 1, chr(97 + (n % 300 + 1) % 3), date '2026-01-15' + n % 40, NULL FROM generate_series(1, 1000) n;
UPDATE visits v SET sale = s.id FROM sales s WHERE s.id = v.id AND s.day = v.day;
ALTER TABLE visits ADD CONSTRAINT visits_sale FOREIGN KEY (sale, day) REFERENCES sales DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE visits_1 ADD CONSTRAINT visits_1_alone FOREIGN KEY (id) REFERENCES constraints.tree NOT VALID;
CREATE TABLE sale_notes (sale bigint, day date, region text, FOREIGN KEY (sale, day) REFERENCES sales ON UPDATE CASCADE);
INSERT INTO sale_notes SELECT id, day, region FROM sales WHERE id % 10 = 0;

-- By an expression, with a collation and an operator class; by bool with both values and null; a whole without parts.
CREATE TABLE by_expression (a int, b text) PARTITION BY RANGE ((a % 10), b COLLATE "C" text_pattern_ops);
CREATE TABLE by_expression_1 PARTITION OF by_expression FOR VALUES FROM (0, 'a') TO (5, 'b');
CREATE TABLE by_expression_rest PARTITION OF by_expression DEFAULT;
INSERT INTO by_expression SELECT n, chr(97 + n % 5) FROM generate_series(1, 100) n;
CREATE TABLE by_bool (a bool, b int) PARTITION BY LIST (a);
CREATE TABLE by_bool_true PARTITION OF by_bool FOR VALUES IN (true);
CREATE TABLE by_bool_other PARTITION OF by_bool FOR VALUES IN (false, NULL);
INSERT INTO by_bool VALUES (true, 1), (false, 2), (NULL, 3);
CREATE TABLE by_nothing (a int, b text, PRIMARY KEY (a)) PARTITION BY HASH (a);
CREATE INDEX by_nothing_b ON by_nothing (b);
-- Rows of an enum's hash may be in another partition elsewhere, as the hash is that of an oid.
CREATE TABLE by_enum (m types.mood, n int) PARTITION BY HASH (m);
CREATE TABLE by_enum_0 PARTITION OF by_enum FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_enum_1 PARTITION OF by_enum FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO by_enum SELECT (enum_range(NULL::types.mood))[n % 4 + 1], n FROM generate_series(1, 400) n;
CREATE TABLE of_type OF types.address PARTITION BY LIST (street);
CREATE TABLE of_type_1 PARTITION OF of_type FOR VALUES IN ('x', 'it''s "y"');
INSERT INTO of_type (street) VALUES ('x'), ('it''s "y"');
-- Once a partition, and a table of its own again.
CREATE TABLE sales_detached PARTITION OF sales FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
ALTER TABLE sales DETACH PARTITION sales_detached;
