-- What belongs to the database itself.
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '7MB');
  EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), '"$user", public, "odd ""schema"""');
  EXECUTE format('ALTER ROLE corpus_reader IN DATABASE %I SET statement_timeout = %L', current_database(), '5min');
  EXECUTE format('GRANT CREATE, TEMPORARY ON DATABASE %I TO corpus_reader', current_database());
END $$;
