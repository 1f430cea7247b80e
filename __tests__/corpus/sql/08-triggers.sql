-- Triggers of each kind and state; event triggers, which would act on a restore if they came before its end.
CREATE SCHEMA triggers;
SET search_path = triggers;

CREATE TABLE audit (what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO triggers.audit VALUES (TG_NAME || coalesce(TG_ARGV[0], '')); RETURN NULL; END $$;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no rows any more'; END $$;
CREATE TABLE watched (id int PRIMARY KEY, v text, n int);
INSERT INTO watched SELECT n, 'v', n FROM generate_series(1, 200) n;
CREATE TRIGGER before_row BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER "after ""statement""" AFTER INSERT OR DELETE OR TRUNCATE ON watched FOR EACH STATEMENT EXECUTE FUNCTION note('it''s', E'a\\b', '');
CREATE TRIGGER of_column BEFORE UPDATE OF v, n ON watched FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.* AND NEW.v <> ';') EXECUTE FUNCTION note();
CREATE TRIGGER transitions AFTER UPDATE ON watched REFERENCING OLD TABLE AS "old rows" NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER checked AFTER INSERT OR UPDATE ON watched FROM audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION note();
CREATE TRIGGER off AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER always AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER on_replica AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE watched DISABLE TRIGGER off, ENABLE ALWAYS TRIGGER always, ENABLE REPLICA TRIGGER on_replica;
CREATE TABLE silent (id int PRIMARY KEY REFERENCES watched);
CREATE TRIGGER t AFTER INSERT ON silent EXECUTE FUNCTION note();
ALTER TABLE silent DISABLE TRIGGER USER;
CREATE VIEW seen AS SELECT id, v FROM watched;
CREATE TRIGGER instead INSTEAD OF INSERT OR UPDATE ON seen FOR EACH ROW EXECUTE FUNCTION note();
-- Of a whole, with a part in which it is off, and one that has its own.
CREATE TABLE parts (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts_2 PARTITION OF parts DEFAULT;
INSERT INTO parts SELECT n, 'v' FROM generate_series(1, 200) n;
CREATE TRIGGER whole AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE parts_1 DISABLE TRIGGER whole;
CREATE TRIGGER own BEFORE INSERT ON parts_2 FOR EACH ROW EXECUTE FUNCTION refuse();
-- An unlogged table has all that would hinder loading it again.
CREATE UNLOGGED TABLE hindered (id int PRIMARY KEY, v int REFERENCES watched);
INSERT INTO hindered SELECT n, n FROM generate_series(1, 50) n;
ALTER TABLE hindered ADD CONSTRAINT small CHECK (id < 10) NOT VALID;
CREATE TRIGGER refused BEFORE INSERT ON hindered FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE RULE nothing AS ON INSERT TO hindered DO INSTEAD NOTHING;
ALTER TABLE hindered ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE FUNCTION note_event() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO triggers.audit VALUES (TG_TAG); END $$;
CREATE EVENT TRIGGER corpus_start ON ddl_command_start WHEN TAG IN ('CREATE OPERATOR', 'DROP OPERATOR') EXECUTE FUNCTION note_event();
CREATE EVENT TRIGGER corpus_end ON ddl_command_end EXECUTE FUNCTION note_event();
CREATE EVENT TRIGGER corpus_rewrite ON table_rewrite EXECUTE FUNCTION note_event();
CREATE EVENT TRIGGER "corpus ""drop""" ON sql_drop EXECUTE FUNCTION note_event();
ALTER EVENT TRIGGER corpus_end DISABLE;
ALTER EVENT TRIGGER corpus_rewrite ENABLE REPLICA;
ALTER EVENT TRIGGER "corpus ""drop""" ENABLE ALWAYS;
