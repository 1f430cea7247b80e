-- Text search, collations, conversions.
CREATE SCHEMA text;
SET search_path = text;

CREATE TEXT SEARCH PARSER parser (START = prsd_start, GETTOKEN = prsd_nexttoken, "end" = prsd_end, HEADLINE = prsd_headline, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE "the template" (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = "the template", ACCEPT = 'false');
CREATE TEXT SEARCH DICTIONARY "stems ""x""" (TEMPLATE = snowball, LANGUAGE = 'english', STOPWORDS = 'english');
CREATE TEXT SEARCH CONFIGURATION "search me" (PARSER = parser);
ALTER TEXT SEARCH CONFIGURATION "search me" ADD MAPPING FOR asciiword, word WITH words, "stems ""x""", simple;
CREATE TEXT SEARCH CONFIGURATION copied (COPY = pg_catalog.german);
ALTER TEXT SEARCH CONFIGURATION copied DROP MAPPING FOR email;
CREATE TEXT SEARCH CONFIGURATION without_mapping (PARSER = pg_catalog.default);
CREATE TABLE searched (id int, body text, found tsvector GENERATED ALWAYS AS (to_tsvector('text.copied', body)) STORED);
INSERT INTO searched (body) VALUES ('Die Häuser und der Garten'), ('it''s \ a.b@example.org'), (NULL);
CREATE INDEX searched_found ON searched USING gin (found);
CREATE INDEX searched_body ON searched USING gin (to_tsvector('text."search me"', body));

CREATE COLLATION german (PROVIDER = icu, LOCALE = 'de-u-co-phonebk');
CREATE COLLATION "any case" (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
CREATE COLLATION plain_c FROM "C";
CREATE COLLATION of_libc (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
CREATE DOMAIN any_case AS pg_catalog.text COLLATE "any case";
CREATE TABLE collated (id int, g pg_catalog.text COLLATE german, n pg_catalog.text COLLATE "any case" UNIQUE, d any_case PRIMARY KEY);
INSERT INTO collated VALUES (1, 'ä', 'A', 'x'), (2, 'ae', 'b', 'Y'), (3, 'Z', 'C', 'z');
CREATE INDEX collated_g ON collated (g, n COLLATE "C");
CREATE TABLE by_collation (v pg_catalog.text COLLATE german) PARTITION BY RANGE (v);
CREATE TABLE by_collation_1 PARTITION OF by_collation FOR VALUES FROM (MINVALUE) TO ('m');
CREATE TABLE by_collation_2 PARTITION OF by_collation FOR VALUES FROM ('m') TO (MAXVALUE);
INSERT INTO by_collation VALUES ('ä'), ('Z'), ('m');

CREATE CONVERSION to_utf8 FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE DEFAULT CONVERSION "to ""latin""" FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
