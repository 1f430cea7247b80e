-- Functions of each shape, aggregates, operators with their families, casts, languages, transforms, conversions, access methods.
CREATE SCHEMA code;
SET search_path = code;

CREATE FUNCTION plain(a int, b int DEFAULT 2, VARIADIC rest text[] DEFAULT '{}') RETURNS int LANGUAGE sql IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 7 AS 'SELECT $1 + $2';
CREATE FUNCTION plain(text) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' SET work_mem = '8MB' SET "TimeZone" = 'Asia/Kathmandu' AS 'SELECT 1';
CREATE FUNCTION outs(IN a int, OUT b int, INOUT c text, OUT "d e" int[]) LANGUAGE plpgsql AS $f$
BEGIN
  -- Name: a line as pg_dump writes them; Type: FUNCTION; Schema: code; Owner: nobody
  b := a; "d e" := ARRAY[1, 2];
END $f$;
CREATE FUNCTION rows_of(n int) RETURNS TABLE (x int, "y z" text) LANGUAGE sql STABLE ROWS 7 AS $$ SELECT g, 'it''s $f$ ' || g FROM pg_catalog.generate_series(1, n) g $$;
CREATE FUNCTION set_of() RETURNS SETOF int LANGUAGE sql SUPPORT pg_catalog.generate_series_int4_support AS 'SELECT 1';
CREATE FUNCTION any_of(anyarray, anyelement) RETURNS anyelement LANGUAGE sql CALLED ON NULL INPUT PARALLEL RESTRICTED AS 'SELECT $2';
CREATE FUNCTION windowed() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number';
CREATE FUNCTION quotes() RETURNS text LANGUAGE sql AS E'SELECT $a$ '' \\\\ $b$ \t end; COMMIT; \\\\! touch x $a$::text';
CREATE PROCEDURE act(INOUT a int, b text DEFAULT 'x;') LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN COMMIT; a := 1; END';
CREATE PROCEDURE parsed(a int) LANGUAGE sql BEGIN ATOMIC SELECT a; SELECT a + 1; END;
-- Bodies that are parsed: the tables, and a key that GROUP BY rests on, come before them.
CREATE TABLE books (id int PRIMARY KEY, title text, pages int);
INSERT INTO books SELECT n, 'book ' || n, n * 10 FROM generate_series(1, 20) n;
CREATE FUNCTION pages_of(wanted int) RETURNS TABLE (title text, n bigint) STABLE BEGIN ATOMIC SELECT b.title, count(*) FROM code.books b WHERE b.id = wanted GROUP BY b.id; END;
CREATE FUNCTION returned(a int) RETURNS int IMMUTABLE RETURN a * 2;
CREATE VIEW over_function AS SELECT id, (pages_of(id)).n FROM books;
CREATE TABLE with_function (id int DEFAULT returned(21), computed int GENERATED ALWAYS AS (returned(1)) STORED, CHECK (returned(id) > 0));
INSERT INTO with_function DEFAULT VALUES;
CREATE INDEX with_function_i ON with_function (returned(id)) WHERE returned(id) > 1;

CREATE FUNCTION add_pair(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, 0) + coalesce($2, 0)';
CREATE FUNCTION sub_pair(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
CREATE FUNCTION finish(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::pg_catalog.text';
CREATE AGGREGATE total(int) (SFUNC = add_pair, STYPE = int, INITCOND = '0', FINALFUNC = finish, FINALFUNC_MODIFY = read_only, COMBINEFUNC = add_pair, PARALLEL = safe,
  MSFUNC = add_pair, MINVFUNC = sub_pair, MSTYPE = int, MFINALFUNC = finish, MINITCOND = '0');
CREATE AGGREGATE longest(text) (SFUNC = pg_catalog.text_larger, STYPE = text, SORTOP = OPERATOR(pg_catalog.>));
CREATE AGGREGATE middle(float8 ORDER BY anyelement) (SFUNC = pg_catalog.ordered_set_transition, STYPE = internal, FINALFUNC = pg_catalog.percentile_disc_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = shareable);
CREATE AGGREGATE place(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = pg_catalog.ordered_set_transition_multi, STYPE = internal, FINALFUNC = pg_catalog.rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
CREATE AGGREGATE none_given(*) (SFUNC = pg_catalog.int8inc, STYPE = int8, INITCOND = 0);

-- Operators that name each other, an operator class in a family of its own, and one that is added to loosely.
CREATE TYPE pair AS (a int, b int);
CREATE FUNCTION pair_lt(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a < $2.a';
CREATE FUNCTION pair_le(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a <= $2.a';
CREATE FUNCTION pair_eq(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a = $2.a';
CREATE FUNCTION pair_ne(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a <> $2.a';
CREATE FUNCTION pair_ge(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a >= $2.a';
CREATE FUNCTION pair_gt(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a > $2.a';
CREATE FUNCTION pair_cmp(pair, pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.btint4cmp($1.a, $2.a)';
CREATE FUNCTION pair_int_cmp(pair, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.btint4cmp($1.a, $2)';
CREATE FUNCTION pair_int_eq(pair, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a = $2';
CREATE FUNCTION pair_size(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.a';
CREATE FUNCTION pair_hash(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.hashint4($1.a)';
CREATE OPERATOR <# (LEFTARG = pair, RIGHTARG = pair, FUNCTION = pair_lt, COMMUTATOR = >#, NEGATOR = >=#, RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR <=# (LEFTARG = pair, RIGHTARG = pair, FUNCTION = pair_le, COMMUTATOR = >=#, NEGATOR = >#);
CREATE OPERATOR =# (LEFTARG = pair, RIGHTARG = pair, FUNCTION = pair_eq, COMMUTATOR = =#, NEGATOR = <>#, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR <># (LEFTARG = pair, RIGHTARG = pair, FUNCTION = pair_ne, COMMUTATOR = <>#, NEGATOR = =#, RESTRICT = neqsel);
CREATE OPERATOR >=# (LEFTARG = pair, RIGHTARG = pair, FUNCTION = pair_ge);
CREATE OPERATOR ># (LEFTARG = pair, RIGHTARG = pair, FUNCTION = pair_gt);
CREATE OPERATOR =# (LEFTARG = pair, RIGHTARG = int, FUNCTION = pair_int_eq);
CREATE OPERATOR !@ (RIGHTARG = pair, FUNCTION = pair_size);
CREATE OPERATOR FAMILY pairs USING btree;
CREATE OPERATOR CLASS pair_ops DEFAULT FOR TYPE pair USING btree FAMILY pairs AS
  OPERATOR 1 <#, OPERATOR 2 <=#, OPERATOR 3 =#, OPERATOR 4 >=#, OPERATOR 5 >#, FUNCTION 1 pair_cmp(pair, pair);
ALTER OPERATOR FAMILY pairs USING btree ADD OPERATOR 3 =# (pair, int), FUNCTION 1 (pair, int) pair_int_cmp(pair, int);
CREATE OPERATOR CLASS pair_hash_ops FOR TYPE pair USING hash AS OPERATOR 1 =#, FUNCTION 1 pair_hash(pair);
CREATE OPERATOR FAMILY empty_family USING gin;
CREATE TABLE pairs (id int PRIMARY KEY, p pair);
INSERT INTO pairs SELECT n, ROW(n, -n)::pair FROM generate_series(1, 300) n;
CREATE INDEX pairs_p ON pairs USING btree (p pair_ops DESC);
CREATE INDEX pairs_h ON pairs USING hash (p pair_hash_ops);
ALTER TABLE pairs ADD CONSTRAINT pairs_apart EXCLUDE USING btree (p WITH =#);

CREATE FUNCTION pair_of(int) RETURNS pair LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1, 0)::code.pair';
CREATE CAST (int AS pair) WITH FUNCTION pair_of(int) AS ASSIGNMENT;
CREATE CAST (types.celsius AS float8) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (types.mood AS json) WITH INOUT;

-- A language by functions of our own that are those of another; it is one that nobody needs to trust.
CREATE FUNCTION handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION inline_handler(internal) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION validator(oid) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE TRUSTED LANGUAGE "pl odd" HANDLER handler INLINE inline_handler VALIDATOR validator;
CREATE LANGUAGE pl_bare HANDLER handler;
CREATE FUNCTION in_odd_language() RETURNS int LANGUAGE "pl odd" AS 'BEGIN RETURN 1; END';
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION pg_catalog.prsd_lextype(internal), TO SQL WITH FUNCTION pg_catalog.int4recv(internal));
CREATE FUNCTION with_transform(int) RETURNS int LANGUAGE sql TRANSFORM FOR TYPE int AS 'SELECT $1';

CREATE ACCESS METHOD heap_again TYPE TABLE HANDLER pg_catalog.heap_tableam_handler;
CREATE ACCESS METHOD gist_again TYPE INDEX HANDLER pg_catalog.gisthandler;
CREATE OPERATOR CLASS box_again DEFAULT FOR TYPE box USING gist_again AS
  OPERATOR 3 pg_catalog.&&, OPERATOR 6 pg_catalog.~=, OPERATOR 8 pg_catalog.<@, FUNCTION 1 pg_catalog.gist_box_consistent(internal, box, smallint, oid, internal),
  FUNCTION 2 pg_catalog.gist_box_union(internal, internal), FUNCTION 5 pg_catalog.gist_box_penalty(internal, internal, internal),
  FUNCTION 6 pg_catalog.gist_box_picksplit(internal, internal), FUNCTION 7 pg_catalog.gist_box_same(box, box, internal);
CREATE TABLE stored_again (id int, at box) USING heap_again;
INSERT INTO stored_again SELECT n, box(point(n, n)) FROM generate_series(1, 500) n;
CREATE INDEX stored_again_i ON stored_again USING gist_again (at);
