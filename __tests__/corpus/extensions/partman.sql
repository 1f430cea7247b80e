-- pg_partman: its configuration is in tables of the extension, whose rows are in the archive; its partitions are ordinary ones.
CREATE SCHEMA partman;
CREATE EXTENSION pg_partman SCHEMA partman;
CREATE SCHEMA app;
CREATE TABLE app.events (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, what text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE INDEX ON app.events (what);
SELECT partman.create_parent(p_parent_table := 'app.events', p_control := 'at', p_interval := '1 month', p_premake := 2, p_start_partition := '2026-01-01');
UPDATE partman.part_config SET retention = '3 years', retention_keep_table = true WHERE parent_table = 'app.events';
INSERT INTO app.events (at, what) SELECT timestamptz '2026-01-15' + n * interval '2 hours', 'what ' || n % 7 FROM generate_series(1, 2000) n;
