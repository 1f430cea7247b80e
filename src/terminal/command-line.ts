/** From arguments to a mode and the texts of the inputs. */
import type { GivenInputs } from '../inputs/given-inputs.js';
import { ALL_INPUTS } from '../inputs/input-table.js';
import { listed } from '../inputs/scalars.js';
import { MODES, type Mode } from '../inputs/settings.js';
import { parseOptions, type GivenOptions } from './options.js';
import { usageError } from './wording.js';

/** What a command line asks for. */
export type CommandLine =
  /** topic null: the overview. */
  | { kind: 'help'; topic: string | null }
  | { kind: 'version' }
  | {
      kind: 'run';
      /** Texts of the inputs by their names, `mode` among them. */
      values: ReadonlyMap<string, string>;
      /** The outputs as JSON in place of lines. */
      json: boolean;
    };

/** The modes in which `--verify` says how to compare the restored database, and is not the mode itself. */
const COMPARING: ReadonlySet<string> = new Set<Mode>(['restore', 'all']);

/** Reads a command line. Throws INPUT when it cannot be meant: exit code 2. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const given = parseOptions(args);
  const topic = given.get('help');
  if (topic !== undefined) return { kind: 'help', topic: typeof topic === 'string' ? topic : null };
  if (given.has('version')) return { kind: 'version' };
  const mode = modeOf(given);
  const values = new Map<string, string>([['mode', mode]]);
  for (const { name } of ALL_INPUTS) {
    const value = given.get(name);
    // `--databases` alone is the mode, with a value the patterns.
    const isMode = mode === name && typeof value !== 'string';
    if (value !== undefined && name !== 'mode' && !isMode) values.set(name, String(value));
  }
  return { kind: 'run', values, json: given.has('json') };
}

/**
 * The one mode that was asked for, by its flag or by `--mode`, as text: what is no mode is reported like any wrong input.
 *
 * `--verify` is a mode and an input. Beside `--restore` or `--all` it is the input (alone it says `true`, its default);
 * otherwise it is the mode, which takes no value. `--databases` is the mode, and with a value the patterns, of this mode where no
 * other is asked for.
 */
function modeOf(given: GivenOptions): string {
  const named = given.get('mode');
  const flags = MODES.filter((mode) => mode !== 'verify' && given.get(mode) === true).map(flagOf);
  const asked = [...flags, ...(typeof named === 'string' ? [flagOf(named)] : [])];
  if (asked.length === 0 && typeof given.get('databases') === 'string') asked.push('--databases');
  const verify = given.get('verify');
  if (verify !== undefined && !asked.some((flag) => COMPARING.has(flag.slice(2)))) {
    if (typeof verify === 'string' || !verify) {
      throw usageError(
        '`--verify` with a value says how `--restore` and `--all` compare the target, and neither is given',
        'To read a backup whole and check it, give `--verify` alone, and the backup by `--backup-name`.',
      );
    }
    asked.push('--verify');
  }
  const [first, ...others] = new Set(asked);
  if (first === undefined) throw usageError(`nothing says what to do: give one of ${listed(MODES.map(flagOf))}`);
  if (others.length > 0) {
    const all = [first, ...others].map((flag) => `\`${flag}\``);
    throw usageError(`${all.join(' and ')} are different modes: give one of them`);
  }
  return first.slice(2);
}

function flagOf(mode: string): string {
  return `--${mode}`;
}

/** The inputs that a command line gives, with the environment behind them. */
export function commandLineInputs(values: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv): GivenInputs {
  const mode = values.get('mode') ?? '';
  const page = MODES.some((known) => known === mode) ? `--help ${mode}` : '--help';
  return {
    get: (name) => values.get(name) ?? '',
    env,
    help: `\`phaselift ${page}\` has the options, environment variables and defaults, on several pages.`,
  };
}

/**
 * A warning about secrets among the arguments, which other users of the machine can see; null when there are none. It
 * names the variables to use in their place.
 */
export function secretsInArguments(values: ReadonlyMap<string, string>): string | null {
  const seen = ALL_INPUTS.filter(({ name, secret }) => secret && (values.get(name) ?? '') !== '');
  if (seen.length === 0) return null;
  const variables = seen.flatMap(({ env }) => env.slice(0, 1));
  const names = seen.map(({ name }) => `\`--${name}\``).join(', ');
  return `other users of this machine can see arguments, and so ${names}: set ${variables.join(', ')} in the environment instead`;
}
