-- Publications of each kind, subscriptions that reach nobody, replica identities.
CREATE SCHEMA replication;
SET search_path = replication;

CREATE TABLE a (id int PRIMARY KEY, v text, w text);
CREATE TABLE b (id int PRIMARY KEY, other int NOT NULL UNIQUE);
CREATE TABLE c (id int);
CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts DEFAULT;
INSERT INTO a SELECT n, 'v', 'w' FROM generate_series(1, 100) n;
ALTER TABLE a REPLICA IDENTITY FULL;
ALTER TABLE b REPLICA IDENTITY USING INDEX b_other_key;
ALTER TABLE c REPLICA IDENTITY NOTHING;
CREATE PUBLICATION corpus_all FOR ALL TABLES WITH (publish = 'insert, truncate');
CREATE PUBLICATION corpus_none;
CREATE PUBLICATION corpus_tables FOR TABLE a (id, v), b WHERE (id > 5 AND other <> 7), ONLY c;
CREATE PUBLICATION corpus_root FOR TABLE parts WITH (publish_via_partition_root = true);
CREATE PUBLICATION "corpus ""schemas""" FOR TABLES IN SCHEMA replication, tables, TABLE partitions.sales_1;
CREATE SUBSCRIPTION corpus_subscription CONNECTION 'host=127.0.0.1 port=1 dbname=nowhere password=''not a \''secret''' PUBLICATION one, "two ""2""" WITH (connect = false, slot_name = NONE);
CREATE SUBSCRIPTION corpus_tuned CONNECTION 'dbname=nowhere' PUBLICATION one WITH (connect = false, slot_name = 'a_slot', binary = true, streaming = true, two_phase = true, disable_on_error = true, synchronous_commit = 'local');
