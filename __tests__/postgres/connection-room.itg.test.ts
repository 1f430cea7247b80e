import { expect, test } from '@jest/globals';
import { connectionRoom } from '../../src/postgres/connection-room.js';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { sessionsOn } from '../helpers/sessions.js';
import { sharedPostgres } from '../helpers/shared-servers.js';

const server = sharedPostgres();

async function roomFor(database: string, login?: Login): Promise<number> {
  const sessions = await sessionsOn(server, database, login === undefined ? {} : { login });
  return sessions.use(connectionRoom);
}

test('the room for sessions is what the server has, less those that it keeps for superusers', async () => {
  const most = Number(await server.psql('postgres', 'SHOW max_connections'));
  const kept = Number(await server.psql('postgres', 'SHOW superuser_reserved_connections'));
  const room = await roomFor(await createDatabase(server));
  expect(room).toBeGreaterThan(0);
  expect(room).toBeLessThan(most - kept);
});

test('the room for sessions is what is left of the limit of the role', async () => {
  const login = await createRole(server, { attributes: 'CONNECTION LIMIT 5' });
  const database = await createDatabase(server);
  expect(await roomFor(database, login)).toBe(4);
  const other = await (await sessionsOn(server, database, { login })).open();
  expect(await roomFor(database, login)).toBe(3);
  await other.close();
});

test('the room for sessions is what is left of the limit of the database', async () => {
  const login = await createRole(server);
  const database = await createDatabase(server);
  await server.psql('postgres', `ALTER DATABASE ${database} CONNECTION LIMIT 3`);
  expect(await roomFor(database, login)).toBe(2);
});

test('the room for sessions of a superuser is not bound by a limit of its own', async () => {
  const login = await createRole(server, { attributes: 'SUPERUSER CONNECTION LIMIT 1' });
  expect(await roomFor(await createDatabase(server), login)).toBeGreaterThan(1);
});
