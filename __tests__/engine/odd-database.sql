-- One of everything whose place among the phases is easy to get wrong. Run as a plain owner of the database.
CREATE SCHEMA app;
COMMENT ON SCHEMA app IS 'a comment; with "quotes" and ''quotes''';
CREATE EXTENSION btree_gist SCHEMA public;

-- Indexes that must not be created empty.
CREATE TABLE app.readings (at timestamptz, place int, value numeric);
INSERT INTO app.readings
  SELECT timestamptz '2026-01-01 00:00Z' + n * interval '1 minute', n % 7, n / 3.0 FROM generate_series(1, 30000) n;
CREATE INDEX readings_at_brin ON app.readings USING brin (at) WITH (pages_per_range = 4);
CREATE INDEX readings_value ON app.readings (value) INCLUDE (place);
CREATE INDEX readings_place_hash ON app.readings USING hash (place);

CREATE TABLE app.zone_rates (zone text PRIMARY KEY, rate int NOT NULL);
INSERT INTO app.zone_rates SELECT 'zone ' || n, n * 100 FROM generate_series(1, 20) n;
CREATE FUNCTION app.rate_of(text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT rate FROM app.zone_rates WHERE zone = $1';
CREATE TABLE app.a_parcels (id int PRIMARY KEY, zone text);
INSERT INTO app.a_parcels SELECT n, 'zone ' || n % 20 + 1 FROM generate_series(1, 1000) n;
CREATE INDEX a_parcels_rate ON app.a_parcels (app.rate_of(zone));
CREATE INDEX a_parcels_dear ON app.a_parcels (id) WHERE app.rate_of(zone) > 1500;
COMMENT ON INDEX app.a_parcels_rate IS 'reads another table';
ALTER TABLE app.a_parcels ADD CONSTRAINT a_parcels_no_clash EXCLUDE USING btree (id WITH =, app.rate_of(zone) WITH =);

CREATE TABLE app.bookings (room int, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&));
INSERT INTO app.bookings SELECT n, tsrange('2026-01-01', '2026-01-02') FROM generate_series(1, 50) n;

-- Foreign keys both ways, and constraints that are not valid.
CREATE TABLE app.authors (id int PRIMARY KEY, best_book int);
CREATE TABLE app.books (id int PRIMARY KEY, author int NOT NULL, pages int, padding text);
INSERT INTO app.authors SELECT n, n FROM generate_series(1, 5000) n;
INSERT INTO app.books SELECT n, n, n, repeat('x', 200) FROM generate_series(1, 5000) n;
ALTER TABLE app.authors ADD CONSTRAINT authors_best FOREIGN KEY (best_book) REFERENCES app.books DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE app.books ADD CONSTRAINT books_author FOREIGN KEY (author) REFERENCES app.authors;
ALTER TABLE app.books ADD CONSTRAINT books_short CHECK (pages < 10) NOT VALID;
ALTER TABLE app.books ADD CONSTRAINT books_parcel FOREIGN KEY (pages) REFERENCES app.a_parcels NOT VALID;
COMMENT ON CONSTRAINT books_short ON app.books IS 'not valid, and stays so';
CREATE DOMAIN app.percent AS int CONSTRAINT percent_positive CHECK (VALUE >= 0);
ALTER DOMAIN app.percent ADD CONSTRAINT percent_small CHECK (VALUE <= 100) NOT VALID;
COMMENT ON CONSTRAINT percent_small ON DOMAIN app.percent IS 'of a domain';
CREATE TABLE app.shares (id serial PRIMARY KEY, part app.percent);
INSERT INTO app.shares (part) VALUES (1), (NULL), (99);

-- Views that need a primary key, and materialized views on each other with indexes of their own.
CREATE VIEW app.books_by_key AS SELECT id, pages, count(*) AS n FROM app.books GROUP BY id;
CREATE MATERIALIZED VIEW app.z_books AS SELECT id, author, pages, count(*) AS n FROM app.books GROUP BY id;
CREATE UNIQUE INDEX z_books_id ON app.z_books (id);
CREATE INDEX z_books_pages ON app.z_books (pages);
COMMENT ON INDEX app.z_books_id IS 'waits for its materialized view';
CREATE MATERIALIZED VIEW app.a_books_of_books AS SELECT author, sum(n) AS total FROM app.z_books GROUP BY author;
CREATE INDEX a_books_of_books_author ON app.a_books_of_books (author);
CREATE MATERIALIZED VIEW app.never_filled AS SELECT 1 AS x WITH NO DATA;
COMMENT ON MATERIALIZED VIEW app.z_books IS 'grouped by a primary key';

-- Partitions with keys and indexes attached, one parent index that is not complete, and a tree of mixed kinds.
CREATE TABLE app.events (id int, day date NOT NULL, what text, PRIMARY KEY (id, day), UNIQUE (day, id)) PARTITION BY RANGE (day);
CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE app.events_2 PARTITION OF app.events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY RANGE (day);
CREATE TABLE app.events_2_a PARTITION OF app.events_2 FOR VALUES FROM ('2026-02-01') TO ('2026-02-05');
CREATE TABLE app.events_2_rest PARTITION OF app.events_2 DEFAULT;
CREATE INDEX events_what ON app.events (what);
CREATE INDEX events_lone ON ONLY app.events (what, day);
INSERT INTO app.events SELECT n, date '2026-01-01' + n % 50, chr(97 + n % 3) FROM generate_series(1, 3000) n;
CREATE TABLE app.event_notes (id int, day date, FOREIGN KEY (id, day) REFERENCES app.events);
INSERT INTO app.event_notes SELECT id, day FROM app.events WHERE id % 10 = 0;
CREATE TYPE app.color AS ENUM ('red', 'green', 'blue', 'violet');
CREATE TABLE app.paints (id int, color app.color) PARTITION BY HASH (color);
CREATE TABLE app.paints_0 PARTITION OF app.paints FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE app.paints_1 PARTITION OF app.paints FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE app.paints_2 PARTITION OF app.paints FOR VALUES WITH (MODULUS 3, REMAINDER 2);
CREATE TABLE app.mixed (id int, color app.color) PARTITION BY RANGE (id);
CREATE TABLE app.mixed_low PARTITION OF app.mixed FOR VALUES FROM (0) TO (100);
CREATE TABLE app.mixed_high PARTITION OF app.mixed FOR VALUES FROM (100) TO (1000) PARTITION BY HASH (color);
CREATE TABLE app.mixed_high_0 PARTITION OF app.mixed_high FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE app.mixed_high_1 PARTITION OF app.mixed_high FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO app.paints SELECT n, (enum_range(NULL::app.color))[n % 4 + 1] FROM generate_series(1, 400) n;
INSERT INTO app.mixed SELECT n, (enum_range(NULL::app.color))[n % 4 + 1] FROM generate_series(1, 500) n;

-- Rows that look like SQL, and names that are awkward.
CREATE TABLE app.texts (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, line text, doubled text GENERATED ALWAYS AS (line || line) STORED);
INSERT INTO app.texts (line) VALUES ('BEGIN;'), ('COMMIT;'), ('SET transaction_timeout = 0;'), ('SET row_security = off;'), ('\.'), ('\\.'),
  (E'two\nlines'), (E'\n'), (''), (NULL), ('\N'), ('-- Name: x; Type: TABLE; Schema: app; Owner: y'), (E'--\n-- Name: x; Type: TABLE'), ('\! touch x'),
  (':x :''y'' :"z"'), ('$$ $q$ '' " ;'), (E'\t\r\x01\x7f'), ('äöü 漢字 🐘');
CREATE TABLE app.commands (line text);
INSERT INTO app.commands SELECT l FROM generate_series(1, 3), unnest(ARRAY['BEGIN;', 'COMMIT;', '--', '-- Data for Name: commands; Type: TABLE DATA; Schema: app; Owner: y', 'SET transaction_timeout = 0;']) l;
CREATE SCHEMA "Odd ""schema""; \! touch x; --";
CREATE TABLE "Odd ""schema""; \! touch x; --"."a ""b"".c
COMMIT;
\! touch x" ("select" int PRIMARY KEY, "x;y" serial, "ä'ö\" text UNIQUE);
INSERT INTO "Odd ""schema""; \! touch x; --"."a ""b"".c
COMMIT;
\! touch x" VALUES (1, 1, 'a'), (2, 2, 'b');
CREATE INDEX "ix USING brin (x)" ON "Odd ""schema""; \! touch x; --"."a ""b"".c
COMMIT;
\! touch x" ("x;y");
COMMENT ON INDEX "Odd ""schema""; \! touch x; --"."ix USING brin (x)" IS E'a comment\nBEGIN;\nCOMMIT;\n\\! touch x';
CREATE TABLE app."größer 漢" (id bigserial PRIMARY KEY, "naïve" text DEFAULT 'é');
INSERT INTO app."größer 漢" DEFAULT VALUES;
CREATE TABLE app."BEGIN;" ("COMMIT;" int);
INSERT INTO app."BEGIN;" VALUES (1);
CREATE TABLE app.no_columns ();
INSERT INTO app.no_columns DEFAULT VALUES;
INSERT INTO app.no_columns DEFAULT VALUES;
CREATE TABLE app.empty (id int PRIMARY KEY);

-- Sequences of each kind.
CREATE SEQUENCE app.counts INCREMENT -5 MINVALUE -1000 MAXVALUE 10 START 10 CYCLE;
SELECT nextval('app.counts'), nextval('app.counts');
CREATE SEQUENCE app.untouched START 42;
CREATE TABLE app.numbered (id int GENERATED BY DEFAULT AS IDENTITY (START 1000 INCREMENT 10), n serial);
INSERT INTO app.numbered SELECT FROM generate_series(1, 7);

-- Inheritance without partitions.
CREATE TABLE app.animals (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE app.dogs (breed text, CHECK (breed <> 'cat')) INHERITS (app.animals);
INSERT INTO app.animals VALUES (1, 'any');
INSERT INTO app.dogs VALUES (1, 'rex', 'pug'), (2, 'fido', NULL);

-- Code: triggers (one of them off), rules, routines whose bodies are parsed, policies, statistics.
CREATE TABLE app.audit (at text, what text);
CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
  INSERT INTO app.audit VALUES ('trigger', TG_NAME);
-- Name: audit; Type: TABLE; Schema: app; Owner: y
  RETURN NULL;
END $f$;
CREATE TRIGGER note_books AFTER INSERT ON app.books FOR EACH STATEMENT EXECUTE FUNCTION app.note();
CREATE TRIGGER off_books AFTER INSERT ON app.books FOR EACH STATEMENT EXECUTE FUNCTION app.note();
ALTER TABLE app.books DISABLE TRIGGER off_books;
CREATE TRIGGER events_note AFTER INSERT ON app.events FOR EACH ROW EXECUTE FUNCTION app.note();
CREATE VIEW app.writable AS SELECT id, line FROM app.texts;
CREATE FUNCTION app.instead() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER writable_instead INSTEAD OF INSERT ON app.writable FOR EACH ROW EXECUTE FUNCTION app.instead();
CREATE RULE texts_noted AS ON INSERT TO app.texts DO ALSO INSERT INTO app.audit VALUES ('rule', 'texts');
CREATE RULE commands_kept AS ON INSERT TO app.commands DO INSTEAD NOTHING;
ALTER TABLE app.commands DISABLE RULE commands_kept;
CREATE FUNCTION app.pages_of(wanted int) RETURNS bigint LANGUAGE sql STABLE
  BEGIN ATOMIC SELECT count(*) + sum(pages) FROM app.books WHERE id = wanted GROUP BY id; END;
CREATE PROCEDURE app.nothing() LANGUAGE sql BEGIN ATOMIC END;
COMMENT ON FUNCTION app.pages_of(int) IS 'needs the primary key of books';
CREATE VIEW app.uses_pages AS SELECT id, app.pages_of(id) FROM app.books;
CREATE AGGREGATE app.longest(text) (SFUNC = pg_catalog.text_larger, STYPE = text);
CREATE STATISTICS app.books_stats (dependencies, ndistinct) ON author, pages FROM app.books;
ALTER STATISTICS app.books_stats SET STATISTICS 500;
COMMENT ON STATISTICS app.books_stats IS 'extended';
CREATE POLICY own ON app.shares USING (part > 0);
ALTER TABLE app.shares ENABLE ROW LEVEL SECURITY;
COMMENT ON POLICY own ON app.shares IS 'a policy';
COMMENT ON TRIGGER note_books ON app.books IS 'a trigger';
COMMENT ON RULE texts_noted ON app.texts IS 'a rule';
COMMENT ON COLUMN app.books.pages IS 'a column';
CREATE PUBLICATION some_tables FOR TABLE app.books, app.authors;
ALTER TABLE app.books REPLICA IDENTITY USING INDEX books_pkey;
ALTER TABLE app.books CLUSTER ON books_pkey;
ALTER TABLE app.books ALTER COLUMN pages SET STATISTICS 77;

-- Large objects, one of them empty, one of several pages.
SELECT lo_from_bytea(100001, 'BEGIN;'), lo_create(100002), lo_from_bytea(100003, decode(repeat('00ff', 5000), 'hex'));
COMMENT ON LARGE OBJECT 100001 IS 'a large object';
