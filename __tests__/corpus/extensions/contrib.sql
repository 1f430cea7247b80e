-- Extensions that come with PostgreSQL: their types, operators, operator classes and functions in tables, indexes, keys and checks.
CREATE SCHEMA contrib;
CREATE EXTENSION pg_trgm SCHEMA contrib;
CREATE EXTENSION hstore SCHEMA contrib;
CREATE EXTENSION citext SCHEMA public;
CREATE EXTENSION ltree;
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION unaccent;
CREATE SCHEMA app;

CREATE TABLE app.people (email citext PRIMARY KEY, name text, attributes contrib.hstore DEFAULT 'a=>1', path ltree NOT NULL, paths ltree[],
  CHECK (attributes OPERATOR(contrib.?) 'a'), known citext GENERATED ALWAYS AS (email) STORED);
INSERT INTO app.people (email, name, attributes, path, paths)
  SELECT 'Somebody' || n || '@Example.org', 'name ' || n, contrib.hstore(ARRAY['a', 'b "x"'], ARRAY[n::text, NULL]), ('top.n' || n % 10 || '.l' || n)::ltree, ARRAY['a.b'::ltree] FROM generate_series(1, 2000) n;
CREATE INDEX people_name ON app.people USING gin (name contrib.gin_trgm_ops);
CREATE INDEX people_near ON app.people USING gist (name contrib.gist_trgm_ops (siglen = 32));
CREATE INDEX people_attributes ON app.people USING gin (attributes contrib.gin_hstore_ops);
CREATE INDEX people_path ON app.people USING gist (path, paths gist__ltree_ops);
CREATE UNIQUE INDEX people_path_key ON app.people (path);
CREATE TABLE app.letters (to_whom citext REFERENCES app.people, at ltree);
INSERT INTO app.letters SELECT lower(email), path FROM app.people;
CREATE FUNCTION app.plain(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT public.unaccent('public.unaccent', $1) $$;
CREATE INDEX people_plain ON app.people (app.plain(name));
CREATE TEXT SEARCH CONFIGURATION app.plain (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION app.plain ALTER MAPPING FOR word WITH unaccent, simple;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', extensions 'hstore');
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'nobody');
CREATE FOREIGN TABLE app.far (id int, h contrib.hstore) SERVER far;
CREATE VIEW app.alike AS SELECT name, contrib.similarity(name, 'name 7') FROM app.people WHERE name OPERATOR(contrib.%) 'name 7';
CREATE MATERIALIZED VIEW app.tops AS SELECT subpath(path, 0, 2) AS top, count(*) FROM app.people GROUP BY 1;
CREATE INDEX tops_top ON app.tops USING gist (top);
