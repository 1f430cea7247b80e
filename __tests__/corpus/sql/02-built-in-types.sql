-- A column of each type that PostgreSQL has and that takes values, with values that are easy to get wrong; and an array of it.
CREATE SCHEMA built_in;
SET search_path = built_in, pg_catalog;

CREATE TABLE numbers (a int2, b int4, c int8, d numeric, e numeric(10, 3), f numeric(3, -2), g float4, h float8, i money, j oid, k bool);
INSERT INTO numbers VALUES
  (-32768, -2147483648, -9223372036854775808, 'NaN', -1234567.891, 12345, 'NaN', '-Infinity', '-92233720368547758.08', 0, true),
  (32767, 2147483647, 9223372036854775807, '-Infinity', 0.001, -100, 1e-40, 2.2250738585072014e-308, '92233720368547758.07', 4294967295, false),
  (0, 0, 0, 1e1000, 0, 0, 0, 0.1::float8 + 0.2, 0, 1, NULL),
  (1, 1, 1, 123456789012345678901234567890.123456789012345678901234567890, 1, 100, 16777217, 1e308, 1, 2, NULL);
CREATE TABLE minus_zero (a float4, b float8, c float8[]);
INSERT INTO minus_zero VALUES ('-0', '-0', '{-0,0}');
CREATE TABLE texts (a text, b varchar, c varchar(5), d char, e char(5), f "char", g name, h bytea, i bit, j bit(5), k varbit, l xml, m json, n jsonb, o jsonpath);
INSERT INTO texts VALUES
  ('', '', '', '', '', '', '', '', B'0', B'10101', B'', '<?xml version="1.0"?><a b="&lt;"/>', '{"a": 1, "a":  2}', '{"a": 1, "a": 2}', '$."a"[*] ? (@ > 1)'),
  (E'\\.', E'a\nb', E'\t', E'\\', E'\r', E'\\200', repeat('ä', 31), '\x00ff5c0a5c2e', B'1', B'11111', B'101', 'text <b>bold</b> &amp; more', ' [1 , 2.50]', '[1e2, "\\", "\u00e4"]', 'strict $'),
  (E'\x01\x02\x07\b\v\f\x1b\x7f', E'\\N', E'\\N', 'x', '     ', 'x', 'n', NULL, NULL, NULL, repeat('1', 1000)::varbit, '', 'null', 'null', '$');
CREATE TABLE times (a date, b time, c time(2), d timetz, e timestamp, f timestamptz, g timestamptz(0), h interval, i interval year to month, j interval second(3));
INSERT INTO times VALUES
  ('4713-01-01 BC', '00:00', '24:00', '00:00:00+15:59', '4713-01-01 00:00:00 BC', '4713-01-02 00:00:00+00 BC', '2026-03-29 02:30:00+01', '-178000000 years', '1 year 2 mons', '1.2345'),
  ('5874897-12-31', '23:59:59.999999', '12:34:56.789', '24:00:00-15:59', '294276-12-31 23:59:59.999999', 'infinity', '-infinity', '1 mon -1 day +00:00:00.000001', '-5 mons', '-0.001'),
  ('infinity', NULL, NULL, NULL, '-infinity', '1883-11-18 12:03:58-05', NULL, '0', NULL, NULL);
CREATE TABLE shapes (a point, b line, c lseg, d box, e path, f polygon, g circle);
INSERT INTO shapes VALUES ('(1e300,-1e-300)', '{1,-1,0.1}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1),(2,0)]', '((0,0),(1,1),(2,0))', '<(0,0),0.1>'),
  ('(NaN,Infinity)', NULL, NULL, NULL, '((0,0),(1,1))', NULL, '<(1,1),Infinity>');
CREATE TABLE networks (a inet, b cidr, c macaddr, d macaddr8, e uuid);
INSERT INTO networks VALUES ('192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), ('::ffff:1.2.3.4', '2001:db8::/32', NULL, NULL, NULL);
CREATE TABLE searches (a tsvector, b tsquery, c tsvector[]);
INSERT INTO searches VALUES ($$'it''s':1A,2B 'a\\b' 'tab	x':16383$$, $$'it''s':*AB & !('a' <-> 'b' <3> 'c')$$, ARRAY['a b'::tsvector]);
CREATE TABLE ranges (a int4range, b int8range, c numrange, d tsrange, e tstzrange, f daterange,
  ga int4multirange, gb int8multirange, gc nummultirange, gd tsmultirange, ge tstzmultirange, gf datemultirange);
INSERT INTO ranges VALUES ('[1,5]', '(,)', '[1.5,1.50]', '["2026-01-01","infinity"]', '[2026-01-01 00:00+00,)', '(,2026-01-01)', '{[1,2),[5,)}', '{}', '{(1.1,2.2)}', '{[2026-01-01,2026-01-02)}', '{}', '{(,)}'),
  ('empty', 'empty', 'empty', 'empty', 'empty', 'empty', NULL, NULL, NULL, NULL, NULL, NULL);
-- Of the system: names of objects are written as such. (xid, cid and the like are numbers without a meaning elsewhere.)
CREATE TABLE of_the_system (a regclass, b regproc, c regprocedure, d regoper, e regoperator, f regtype, g regconfig, h regdictionary, i regnamespace, j regrole, k regcollation,
  l tid, m xid, n xid8, o cid, p pg_lsn, q pg_snapshot, r txid_snapshot, s int2vector, t oidvector, u aclitem, v refcursor);
INSERT INTO of_the_system VALUES ('pg_class', 'pg_backend_pid', 'sum(int4)', '|/', '+(int4,int4)', 'timestamptz', 'simple', 'simple', 'pg_catalog', 'corpus_owner', '"C"',
  '(42,7)', '4294967295', '18446744073709551615', '7', 'FFFFFFFF/FFFFFFFF', '10:20:10,14', '10:20:10,14,15', '1 2 -3', '1 4294967295', 'corpus_owner=arw*/corpus_reader', 'cursor');
CREATE TABLE arrays (a int2[], b int4[][], c int8[3], d numeric[], e float8[], f bool[], g text[], h bytea[], i date[], j timestamptz[], k interval[], l uuid[], m jsonb[], n point[], o box[],
  p inet[], q int4range[], r int4multirange[], s bit[], t varchar(3)[], u "char"[], v name[], w xml[], x money[]);
INSERT INTO arrays (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x) VALUES
  ('{}', '{{1,2},{NULL,4}}', '[-2:0]={1,2,3}', '{NaN,1.50}', '{-0,Infinity}', '{t,f,NULL}', ARRAY['', 'NULL', NULL, E'\\', '"', ',', '{}', E'a\nb', E'\t', E'\\.'], ARRAY['\x00'::bytea, ''], '{2026-01-01}',
   '{"2026-01-01 00:00:00+00"}', '{"1 day"}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', ARRAY['{"a": ["\"", null]}'::jsonb], ARRAY['(1,2)'::point], '{(1,1),(0,0);(2,2),(1,1)}', '{1.2.3.4}', '{"[1,2)"}',
   ARRAY['{[1,2),[3,4)}'::int4multirange], '{1,0}', '{abc,NULL}', '{x}', '{n}', ARRAY['<a/>'::xml], ARRAY['1.5'::money]);
