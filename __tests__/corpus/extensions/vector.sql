-- pgvector, with both kinds of indexes, and hypopg, which keeps nothing in the database.
CREATE EXTENSION vector;
CREATE EXTENSION hypopg;
CREATE SCHEMA app;
CREATE TABLE app.items (id int PRIMARY KEY, v vector(8), h halfvec(8), s sparsevec(100), b bit(8), any_length vector);
INSERT INTO app.items SELECT n, ARRAY(SELECT sin(n * k) FROM generate_series(1, 8) k)::vector, ARRAY(SELECT cos(n * k) FROM generate_series(1, 8) k)::real[]::vector::halfvec(8),
  ('{1:' || n || ',50:0.5}/100')::sparsevec, (n % 256)::bit(8), ARRAY[n, 0.1, -1e-30]::real[]::vector FROM generate_series(1, 2000) n;
CREATE INDEX items_hnsw ON app.items USING hnsw (v vector_cosine_ops) WITH (m = 8, ef_construction = 32);
CREATE INDEX items_half ON app.items USING hnsw (h halfvec_l2_ops);
CREATE INDEX items_ivf ON app.items USING ivfflat (v vector_l2_ops) WITH (lists = 20);
CREATE INDEX items_bits ON app.items USING hnsw (b bit_hamming_ops);
CREATE INDEX items_expression ON app.items USING hnsw ((binary_quantize(v)::bit(8)) bit_hamming_ops);
CREATE VIEW app.nearest AS SELECT id FROM app.items ORDER BY v <-> '[1,0,0,0,0,0,0,0]' LIMIT 5;
CREATE AGGREGATE app.mean(vector) (SFUNC = vector_accum, STYPE = double precision[], FINALFUNC = vector_avg, INITCOND = '{0}');
