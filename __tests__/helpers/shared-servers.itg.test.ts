import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { createBucket, s3Client } from './buckets.js';
import { createDatabase, createRole, dropDatabase, dumpText } from './databases.js';
import { sharedPostgres, sharedS3 } from './shared-servers.js';

describe('the shared servers', () => {
  test('two databases are equal as text exactly when their contents are', async () => {
    const server = sharedPostgres();
    const sql = "CREATE TABLE t (a int PRIMARY KEY, b text); INSERT INTO t VALUES (1, E'x\\ny'), (2, NULL);";
    const [one, same, other] = [
      await createDatabase(server, { sql }),
      await createDatabase(server, { sql }),
      await createDatabase(server, { sql: `${sql} DELETE FROM t WHERE a = 2;` }),
    ];
    expect(await dumpText(server, same)).toBe(await dumpText(server, one));
    expect(await dumpText(server, other)).not.toBe(await dumpText(server, one));
    await Promise.all([one, same, other].map((name) => dropDatabase(server, name)));
  });

  test('a plain role logs in with its password only and may do no more than it was given', async () => {
    const server = sharedPostgres();
    const role = await createRole(server, { attributes: 'CREATEDB' });
    expect(await server.psql('postgres', 'SELECT current_user', role)).toBe(role.user);
    await expect(server.psql('postgres', 'SELECT 1', { ...role, password: 'wrong' })).rejects.toThrow(/password/);
    await expect(server.psql('postgres', 'CREATE ROLE x', role)).rejects.toThrow(/permission denied/);
  });

  test('a bucket made on the shared S3 is there', async () => {
    const bucket = await createBucket(sharedS3());
    const client = s3Client(sharedS3());
    const { Buckets = [] } = await client.send(new ListBucketsCommand());
    client.destroy();
    expect(Buckets.map(({ Name }) => Name)).toContain(bucket);
  });
});
