-- Types of each kind: enums, composite types, domains, ranges with their multiranges, base types, shells.
CREATE SCHEMA types;
SET search_path = types;

CREATE TYPE mood AS ENUM ('sad', 'so so', 'it''s "fine"', E'a\ttab \\ and 🐘');
ALTER TYPE mood ADD VALUE 'between' BEFORE 'so so';
ALTER TYPE mood RENAME VALUE 'sad' TO 'very sad';
CREATE TYPE no_labels AS ENUM ();

CREATE TYPE address AS (street text COLLATE "C", "house ""no""" int, gone text, at point, moods mood[]);
ALTER TYPE address DROP ATTRIBUTE gone;
CREATE TYPE nothing AS ();
CREATE TYPE nested AS (home address, others address[], n numeric(7, 2));

CREATE DOMAIN percent AS int DEFAULT 50 NOT NULL CONSTRAINT percent_positive CHECK (VALUE >= 0);
ALTER DOMAIN percent ADD CONSTRAINT percent_small CHECK (VALUE <= 100) NOT VALID;
CREATE DOMAIN small_percent AS percent CHECK (VALUE < 10);
CREATE DOMAIN name_of_thing AS varchar(20) COLLATE "C" CHECK (VALUE ~ '^\w+$' AND length(VALUE) > 1);
CREATE DOMAIN some_numbers AS int[] CHECK (array_length(VALUE, 1) > 0);
CREATE DOMAIN good_address AS address CHECK ((VALUE).street IS NOT NULL);
CREATE DOMAIN only_a_name AS text;

-- A base type without any C of our own: functions that the server has, under our names.
CREATE TYPE celsius;
CREATE FUNCTION celsius_in(cstring) RETURNS celsius LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'float8in';
CREATE FUNCTION celsius_out(celsius) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'float8out';
CREATE FUNCTION celsius_receive(internal) RETURNS celsius LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'float8recv';
CREATE FUNCTION celsius_send(celsius) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'float8send';
CREATE TYPE celsius (INPUT = celsius_in, OUTPUT = celsius_out, RECEIVE = celsius_receive, SEND = celsius_send,
  LIKE = float8, CATEGORY = 'T', DEFAULT = '36.6', DELIMITER = ';');
CREATE TYPE label;
CREATE FUNCTION label_in(cstring) RETURNS label LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION label_out(label) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE label (INPUT = label_in, OUTPUT = label_out, INTERNALLENGTH = VARIABLE, STORAGE = external, COLLATABLE = true);
CREATE TYPE spot;
CREATE FUNCTION spot_in(cstring) RETURNS spot LANGUAGE internal IMMUTABLE STRICT AS 'point_in';
CREATE FUNCTION spot_out(spot) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'point_out';
CREATE TYPE spot (INPUT = spot_in, OUTPUT = spot_out, INTERNALLENGTH = 16, ALIGNMENT = double, ELEMENT = float8);
CREATE TYPE never_more_than_a_shell;

CREATE TYPE float_range AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE TYPE text_span AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_OPCLASS = text_pattern_ops, MULTIRANGE_TYPE_NAME = text_spans);
CREATE TYPE whole_range;
CREATE FUNCTION whole_canonical(whole_range) RETURNS whole_range LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE TYPE whole_range AS RANGE (SUBTYPE = int4, CANONICAL = whole_canonical);

CREATE TABLE of_ours (id int PRIMARY KEY, m mood DEFAULT 'so so', ms mood[], a address, n nested, p percent, sp small_percent, nm name_of_thing,
  ns some_numbers, ga good_address, c celsius DEFAULT '20', cs celsius[], l label COLLATE "C", s spot, f float_range, fs float_multirange,
  t text_span, ts text_spans, w whole_range, e nothing);
INSERT INTO of_ours VALUES
  (1, 'very sad', '{between,"it''s \"fine\""}', '("a ""street""\\",1,"(1,2)",{between})', NULL, 0, 1, 'ab', '{1,2}', '(x,,,)', '-273.15', '{1;2.5}', E'a\tb\\', '(1,2)',
    '[1,2.5)', '{[1,2),[3,4)}', '["a,b","c\"")', '{[a,b),[c,d)}', '(1,5]', ROW()),
  (2, E'a\ttab \\ and 🐘', '{}', NULL, ROW(ROW('s', 2, '(0,0)', '{}')::address, ARRAY[ROW('t', 3, NULL, NULL)::address], 12345.67)::nested, 100, 9, 'cd', '[0:1]={7,8}', '(y,,,)', 'NaN',
    NULL, '', NULL, 'empty', '{}', '(,)', NULL, 'empty', NULL);
CREATE TABLE of_composite OF address (PRIMARY KEY (street), "house ""no""" WITH OPTIONS DEFAULT 7);
INSERT INTO of_composite VALUES ('one', 1, '(3,4)', NULL), ('two', DEFAULT, NULL, '{between}');
