-- Sequences of each type and direction, at their ends, unused, owned by columns and not, renamed, and of nobody's table any more.
CREATE SCHEMA sequences;
SET search_path = sequences;

CREATE SEQUENCE plain;
CREATE SEQUENCE unused START 42;
CREATE SEQUENCE small AS smallint INCREMENT 7 MINVALUE -32768 START -32768 CACHE 20;
CREATE SEQUENCE int_one AS integer MAXVALUE 2147483647 START 2147483647;
CREATE SEQUENCE down INCREMENT BY -5 MINVALUE -1000 MAXVALUE 10 START 10 CYCLE;
CREATE SEQUENCE lowest INCREMENT BY -9223372036854775807 MINVALUE -9223372036854775808 START -1;
CREATE SEQUENCE two_values MINVALUE 7 MAXVALUE 8 START 8 CYCLE;
CREATE SEQUENCE at_the_end MAXVALUE 3;
CREATE SEQUENCE "odd ""sequence"" 🐘";
CREATE UNLOGGED SEQUENCE unlogged;
SELECT nextval('plain'), nextval('plain'), nextval('small'), nextval('int_one'), nextval('down'), nextval('down'), nextval('two_values'), nextval('unlogged'), nextval('"odd ""sequence"" 🐘"');
SELECT nextval('at_the_end') FROM generate_series(1, 3);
SELECT setval('lowest', -9223372036854775808), setval('plain', 9223372036854775807, false);
CREATE TABLE owners (id serial, big bigserial, small smallserial, by_name int DEFAULT nextval('plain'), renamed serial, dropped serial, of_another int);
INSERT INTO owners (by_name) SELECT n FROM generate_series(1, 5) n;
ALTER SEQUENCE owners_renamed_seq RENAME TO "other name";
ALTER SEQUENCE "other name" OWNED BY owners.of_another;
ALTER TABLE owners ALTER dropped DROP DEFAULT;
ALTER SEQUENCE unused OWNED BY NONE;
CREATE TABLE shares_a (id int DEFAULT nextval('down'));
CREATE TABLE shares_b (id int DEFAULT nextval('down'));
