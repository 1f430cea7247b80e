-- Who owns, who may do what. Of the server, not of the database: pg_dump names them, and they have to be there before a restore.
CREATE ROLE corpus_owner;
CREATE ROLE corpus_reader;
CREATE ROLE "corpus ""odd"" role 🐘 $1 %I";
GRANT corpus_owner TO corpus_reader;
CREATE TABLESPACE corpus_space LOCATION '';
