-- Names that break what is careless with them, for each kind of object that has one.
CREATE FUNCTION public.make_odd(n text) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE statement text;
BEGIN
  FOREACH statement IN ARRAY ARRAY[
    'CREATE SCHEMA %1$I',
    'CREATE TYPE %1$I.%2$I AS ENUM (%1$L)',
    'CREATE DOMAIN %1$I.%3$I AS %1$I.%2$I CONSTRAINT %1$I CHECK (VALUE IS NOT NULL)',
    'CREATE SEQUENCE %1$I.%4$I',
    'CREATE FUNCTION %1$I.%1$I(%1$I int) RETURNS int LANGUAGE sql AS ''SELECT 1''',
    'CREATE FUNCTION %1$I.%2$I() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END''',
    'CREATE TABLE %1$I.%1$I (%1$I int CONSTRAINT %10$I PRIMARY KEY, %2$I text DEFAULT %1$L, %3$I serial, CONSTRAINT %1$I CHECK (%1$I > 0))',
    'INSERT INTO %1$I.%1$I (%1$I) SELECT generate_series(1, 20)',
    'CREATE INDEX %5$I ON %1$I.%1$I (%2$I) WHERE %2$I <> %1$L',
    'CREATE TABLE %1$I.%6$I (%1$I int CONSTRAINT %1$I REFERENCES %1$I.%1$I)',
    'INSERT INTO %1$I.%6$I VALUES (1)',
    'CREATE TRIGGER %1$I BEFORE INSERT ON %1$I.%1$I FOR EACH ROW EXECUTE FUNCTION %1$I.%2$I(%1$L)',
    'CREATE RULE %1$I AS ON DELETE TO %1$I.%6$I DO INSTEAD NOTHING',
    'CREATE POLICY %1$I ON %1$I.%1$I USING (%1$I > 0)',
    'CREATE STATISTICS %1$I.%1$I ON %1$I, %2$I FROM %1$I.%1$I',
    'CREATE VIEW %1$I.%7$I AS SELECT %1$I AS %2$I FROM %1$I.%1$I',
    'CREATE MATERIALIZED VIEW %1$I.%8$I AS SELECT count(*) AS %1$I FROM %1$I.%1$I',
    'CREATE PUBLICATION %1$I FOR TABLE %1$I.%1$I (%1$I)',
    'CREATE TEXT SEARCH CONFIGURATION %1$I.%1$I (COPY = pg_catalog.simple)',
    'CREATE COLLATION %1$I.%1$I FROM pg_catalog."C"',
    'CREATE FOREIGN DATA WRAPPER %1$I',
    'CREATE SERVER %1$I FOREIGN DATA WRAPPER %1$I',
    'CREATE FOREIGN TABLE %1$I.%9$I (%1$I int) SERVER %1$I'
  ] LOOP
    EXECUTE format(statement, n, 't' || left(n, 50), 'd' || left(n, 50), 's' || left(n, 50), 'i' || left(n, 50), 'r' || left(n, 50), 'v' || left(n, 50), 'm' || left(n, 50), 'f' || left(n, 50), 'k' || left(n, 50));
  END LOOP;
END $f$;
SELECT public.make_odd(n) FROM unnest(ARRAY['a b', 'a"b', E'it''s \\.', '$1 $$ %I', 'a.b', 'a;b --', '/* *?', 'select', 'User', 'größe', '🐘', E'a\nb\r\nc', E'a\tb\x01',
  repeat('n', 63), repeat('🐘', 15), ':x {a}', '(a,b)', '-x=y', '<b>|&`']) n;
DROP FUNCTION public.make_odd;
