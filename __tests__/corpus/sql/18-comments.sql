-- A comment on everything that takes one, by the catalogs, so that nothing is forgotten.
CREATE PROCEDURE public.comment_on_all() LANGUAGE plpgsql AS $f$
DECLARE
  o record;
  what text;
BEGIN
  FOR o IN
    SELECT DISTINCT i.type, i.identity, i.schema FROM (
      SELECT 'pg_class'::regclass AS class, oid, 0 AS sub FROM pg_class WHERE relkind NOT IN ('t', 'c')
      UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
        WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'v', 'm', 'c', 'f', 'p') AND attnum < 50
      UNION ALL SELECT 'pg_type'::regclass, t.oid, 0 FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE (c.relkind = 'c' OR t.typrelid = 0) AND t.typelem = 0 AND typtype <> 'm'
      UNION ALL SELECT 'pg_proc'::regclass, oid, 0 FROM pg_proc
      UNION ALL SELECT 'pg_constraint'::regclass, oid, 0 FROM pg_constraint WHERE conparentid = 0 AND contype <> 't'
      UNION ALL SELECT 'pg_trigger'::regclass, oid, 0 FROM pg_trigger WHERE NOT tgisinternal
      UNION ALL SELECT 'pg_rewrite'::regclass, oid, 0 FROM pg_rewrite WHERE rulename <> '_RETURN'
      UNION ALL SELECT 'pg_policy'::regclass, oid, 0 FROM pg_policy
      UNION ALL SELECT 'pg_operator'::regclass, oid, 0 FROM pg_operator WHERE oprcode <> 0
      UNION ALL SELECT 'pg_opclass'::regclass, oid, 0 FROM pg_opclass
      UNION ALL SELECT 'pg_opfamily'::regclass, oid, 0 FROM pg_opfamily
      UNION ALL SELECT 'pg_cast'::regclass, oid, 0 FROM pg_cast
      UNION ALL SELECT 'pg_transform'::regclass, oid, 0 FROM pg_transform
      UNION ALL SELECT 'pg_language'::regclass, oid, 0 FROM pg_language
      UNION ALL SELECT 'pg_am'::regclass, oid, 0 FROM pg_am
      UNION ALL SELECT 'pg_namespace'::regclass, oid, 0 FROM pg_namespace
      UNION ALL SELECT 'pg_collation'::regclass, oid, 0 FROM pg_collation
      UNION ALL SELECT 'pg_conversion'::regclass, oid, 0 FROM pg_conversion
      UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, 0 FROM pg_statistic_ext
      UNION ALL SELECT 'pg_ts_config'::regclass, oid, 0 FROM pg_ts_config
      UNION ALL SELECT 'pg_ts_dict'::regclass, oid, 0 FROM pg_ts_dict
      UNION ALL SELECT 'pg_ts_parser'::regclass, oid, 0 FROM pg_ts_parser
      UNION ALL SELECT 'pg_ts_template'::regclass, oid, 0 FROM pg_ts_template
      UNION ALL SELECT 'pg_event_trigger'::regclass, oid, 0 FROM pg_event_trigger
      UNION ALL SELECT 'pg_publication'::regclass, oid, 0 FROM pg_publication
      UNION ALL SELECT 'pg_subscription'::regclass, oid, 0 FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      UNION ALL SELECT 'pg_extension'::regclass, oid, 0 FROM pg_extension
      UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0 FROM pg_foreign_data_wrapper
      UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 0 FROM pg_foreign_server
      UNION ALL SELECT 'pg_largeobject'::regclass, oid, 0 FROM pg_largeobject_metadata WHERE oid::bigint % 2 = 0
    ) c (class, oid, sub), pg_identify_object(c.class, c.oid, c.sub) i
    -- Not of PostgreSQL itself, nor of an extension.
    WHERE c.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = c.class AND d.objid = c.oid AND d.deptype = 'e')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = c.class AND d.objid = c.oid AND d.deptype = 'i' AND d.refclassid = 'pg_language'::regclass)
      AND i.identity NOT LIKE '%comment_on_all%'
  LOOP
    what := CASE o.type
      WHEN 'table column' THEN 'COLUMN' WHEN 'view column' THEN 'COLUMN' WHEN 'materialized view column' THEN 'COLUMN' WHEN 'foreign table column' THEN 'COLUMN'
      WHEN 'composite type column' THEN 'COLUMN' WHEN 'table constraint' THEN 'CONSTRAINT' WHEN 'domain constraint' THEN 'CONSTRAINT'
      WHEN 'foreign-data wrapper' THEN 'FOREIGN DATA WRAPPER' WHEN 'statistics object' THEN 'STATISTICS' ELSE upper(o.type) END;
    EXECUTE format('COMMENT ON %s %s IS %L', what,
      CASE WHEN o.type = 'domain constraint' THEN regexp_replace(o.identity, ' on ', ' ON DOMAIN ') WHEN o.type = 'transform' THEN replace(o.identity, ' on language ', ' LANGUAGE ') WHEN o.identity LIKE '%none\_given()' THEN 'code.none_given(*)' ELSE o.identity END,
      o.type || ' ' || o.identity || E': it''s "a" \\ comment;\n-- Name: x; Type: TABLE\nCOMMIT;');
  END LOOP;
END $f$;
CALL public.comment_on_all();
DROP PROCEDURE public.comment_on_all;
