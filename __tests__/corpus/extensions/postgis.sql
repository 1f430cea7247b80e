-- PostGIS: geometries and geographies with type modifiers, their indexes, and rows of its own table of reference systems.
CREATE EXTENSION postgis;
CREATE SCHEMA app;
CREATE TABLE app.places (id int PRIMARY KEY, at geometry(Point, 4326), shape geometry(MultiPolygon, 3857), globe geography(Point), any_shape geometry,
  area float8 GENERATED ALWAYS AS (ST_Area(shape)) STORED, CHECK (ST_IsValid(shape)));
INSERT INTO app.places (id, at, shape, globe, any_shape)
  SELECT n, ST_SetSRID(ST_MakePoint(n % 180, n % 90), 4326), ST_SetSRID(ST_Multi(ST_MakeEnvelope(n, n, n + 1.5, n + 2)), 3857), ST_MakePoint(n % 180, n % 90)::geography,
    CASE n % 3 WHEN 0 THEN 'POINT EMPTY'::geometry WHEN 1 THEN 'GEOMETRYCOLLECTION(POINT ZM (1 2 3 4))'::geometry END
  FROM generate_series(1, 3000) n;
CREATE INDEX places_at ON app.places USING gist (at);
CREATE INDEX places_globe ON app.places USING gist (globe);
CREATE INDEX places_shape ON app.places USING spgist (shape);
CREATE INDEX places_box ON app.places USING brin (at);
CREATE INDEX places_center ON app.places USING gist (ST_Centroid(shape));
CREATE TABLE app.parts (id int, at geometry(PointZ, 4326)) PARTITION BY RANGE (id);
CREATE TABLE app.parts_1 PARTITION OF app.parts DEFAULT;
INSERT INTO app.parts SELECT n, ST_SetSRID(ST_MakePoint(n, n, n), 4326) FROM generate_series(1, 100) n;
CREATE VIEW app.near AS SELECT id FROM app.places WHERE ST_DWithin(at, ST_SetSRID(ST_MakePoint(1, 1), 4326), 5);
CREATE MATERIALIZED VIEW app.hulls AS SELECT id % 10 AS n, ST_ConvexHull(ST_Collect(at)) AS hull FROM app.places GROUP BY 1;
CREATE INDEX hulls_hull ON app.hulls USING gist (hull);
-- The extension has its own rows in the archive only where they are not its own.
INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) VALUES (990001, 'ours', 990001, 'LOCAL_CS["ours; \"x\""]', '+proj=longlat');
