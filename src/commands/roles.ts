import { PhaseliftError } from '../foundation/errors.js';
import { plural } from '../foundation/format.js';
import type { RolesSettings } from '../inputs/settings.js';
import { exitError } from '../postgres/exit-message.js';
import { attributesOf, readServerRoles, rolesSql } from '../postgres/server-roles.js';
import { Sessions } from '../postgres/sessions.js';
import { rolesOutput } from '../report/roles-output.js';
import type { CommandContext } from './context.js';

/** Shows the roles of a server as SQL that makes them on another one. Passwords are not among it. Changes nothing, and needs no store. */
export async function roles(settings: RolesSettings, context: CommandContext): Promise<void> {
  const { log, recorder } = context;
  const { source } = settings;
  const toolbox = await context.toolboxes.atLeast(0, source);
  const sessions = new Sessions(toolbox, {
    connection: source,
    applicationName: 'phaselift roles',
    pgOptions: settings.pgOptions,
    purpose: 'read',
    errorFrom: (exit) => exitError({ tool: 'psql', ...exit, side: 'source' }),
  });
  const found = await sessions.use(readServerRoles);
  if (found.roles.length === 0)
    throw new PhaseliftError('CHECKS', `${source.host}:${source.port} has no roles but those of its platform`);
  const lines = found.roles.map((role) => ({
    name: role.name,
    attributes: attributesOf(role).filter((attribute) => !attribute.startsWith('NO')),
    memberOf: found.memberships.filter(({ member }) => member === role.name).map((one) => one.role),
  }));
  recorder.set({ roles: lines });
  log.group(`Roles of ${source.host}:${source.port}`);
  for (const line of rolesSql(found)) log.info(line);
  log.endGroup();
  // Behind `--`, so that all of the result is SQL.
  log.info(`-- ${plural(found.roles.length, 'role')}, without passwords: set those with \\password in psql`);
  const { leftOut } = rolesOutput(lines);
  if (leftOut > 0)
    recorder.note(
      `the output \`roles\` has ${lines.length - leftOut} of ${plural(lines.length, 'role')}: more do not fit`,
    );
}
