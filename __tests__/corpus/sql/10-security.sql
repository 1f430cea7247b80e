-- Row-level security of each shape, default privileges. (Privileges on everything come last: see 19-privileges.sql.)
CREATE SCHEMA security;
SET search_path = security;

CREATE TABLE secrets (id int PRIMARY KEY, owner name DEFAULT current_user, v text);
INSERT INTO secrets SELECT n, 'corpus_reader', 'v' FROM generate_series(1, 100) n;
CREATE TABLE allowed (id int PRIMARY KEY);
CREATE POLICY reads ON secrets FOR SELECT TO corpus_reader, "corpus ""odd"" role 🐘 $1 %I" USING (owner = current_user AND EXISTS (SELECT FROM allowed a WHERE a.id = secrets.id));
CREATE POLICY "writes; --" ON secrets AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK (v <> E'it''s \\');
CREATE POLICY changes ON secrets FOR UPDATE USING (id > 1) WITH CHECK (id < 1000);
CREATE POLICY removes ON secrets FOR DELETE TO CURRENT_USER USING (false);
CREATE POLICY all_of_it ON allowed USING (true);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE secrets FORCE ROW LEVEL SECURITY;
-- A policy that is not in force, security without a policy, and what is forced while it is not on.
CREATE TABLE not_in_force (id int);
CREATE POLICY p ON not_in_force USING (id > 0);
CREATE TABLE without_policy (id int);
ALTER TABLE without_policy ENABLE ROW LEVEL SECURITY;
CREATE TABLE only_forced (id int);
ALTER TABLE only_forced FORCE ROW LEVEL SECURITY;
INSERT INTO not_in_force VALUES (1), (-1);
INSERT INTO without_policy VALUES (1);
INSERT INTO only_forced VALUES (1);
-- A foreign key between tables of which a plain role sees no row.
CREATE TABLE needs_hidden (id int REFERENCES secrets);
INSERT INTO needs_hidden SELECT n FROM generate_series(1, 100) n;
ALTER TABLE needs_hidden ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY none ON needs_hidden USING (false);

-- Default privileges: of a role, in a schema and everywhere, granted and taken away.
ALTER DEFAULT PRIVILEGES FOR ROLE corpus_owner IN SCHEMA security GRANT SELECT, INSERT ON TABLES TO corpus_reader WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE corpus_owner GRANT USAGE ON SEQUENCES TO "corpus ""odd"" role 🐘 $1 %I";
ALTER DEFAULT PRIVILEGES FOR ROLE corpus_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE corpus_owner REVOKE USAGE ON TYPES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE corpus_owner GRANT CREATE ON SCHEMAS TO corpus_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA security GRANT EXECUTE ON ROUTINES TO corpus_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE corpus_reader REVOKE ALL ON TABLES FROM corpus_reader;
