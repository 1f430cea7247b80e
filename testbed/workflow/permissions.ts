import type { Node } from './nodes.js';
import { literal, mapping } from './nodes.js';

/** Scopes of the token of a job: `none` is left out. */
export type Permissions = Readonly<Record<string, string>>;

/** What a token may where no workflow says anything: the restricted default of GitHub. */
export const DEFAULT_PERMISSIONS: Permissions = { contents: 'read', packages: 'read' };

const LEVELS = ['none', 'read', 'write'];

/**
 * The permissions of a job: its own, else those of its workflow, else `inherited`. A called workflow may not ask for more than
 * its caller has: GitHub refuses to start it, and this throws. Source: GitHub's "Reusing workflow configurations".
 */
export function permissionsOf(
  nodes: readonly (Node | undefined)[],
  inherited: Permissions,
  called: boolean,
): Permissions {
  const said = nodes.find((node) => node !== undefined);
  if (said === undefined) return inherited;
  const asked = Object.fromEntries(
    Object.entries(mapping(said, 'permissions')).map(([scope, level]) => [
      scope,
      literal(level, `permissions: ${scope}`),
    ]),
  );
  for (const [scope, level] of Object.entries(asked)) {
    const allowed = inherited[scope] ?? 'none';
    if (called && LEVELS.indexOf(level) > LEVELS.indexOf(allowed))
      throw new Error(`the called workflow asks for ${scope}: ${level}, but its caller has ${scope}: ${allowed}`);
  }
  return Object.fromEntries(Object.entries(asked).filter(([, level]) => level !== 'none'));
}
