-- pg_cron: its jobs are rows of tables of the extension. It is in one database of a server, which the server's settings name.
CREATE EXTENSION pg_cron;
SELECT cron.schedule('nightly "x"', '0 3 * * *', $$SELECT 'it''s \ a job'$$);
SELECT cron.schedule_in_database('weekly', '0 4 * * 0', 'VACUUM', 'postgres');
UPDATE cron.job SET active = false WHERE jobname = 'weekly';
CREATE TABLE public.kept (id int PRIMARY KEY);
INSERT INTO public.kept SELECT generate_series(1, 10);
