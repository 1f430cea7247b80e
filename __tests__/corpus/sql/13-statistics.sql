-- Extended statistics of each kind, over columns, expressions, partitions and materialized views.
CREATE SCHEMA statistics;
SET search_path = statistics;

CREATE TABLE counted (a int, b int, c text, d date);
INSERT INTO counted SELECT n % 10, n % 20, n::text, '2026-01-01' FROM generate_series(1, 500) n;
CREATE STATISTICS all_kinds ON a, b, (c || 'x') FROM counted;
CREATE STATISTICS "some ""kinds""" (ndistinct, mcv) ON a, c FROM counted;
CREATE STATISTICS only_dependencies (dependencies) ON a, b FROM counted;
CREATE STATISTICS one_expression ON (a + b) FROM counted;
CREATE STATISTICS of_parts ON id, amount FROM partitions.sales;
CREATE STATISTICS of_view ON id, price FROM views.z_base;
CREATE STATISTICS code.of_foreign ON id, v FROM "foreign".away;
ALTER STATISTICS all_kinds SET STATISTICS 500;
ALTER STATISTICS only_dependencies SET STATISTICS 0;
