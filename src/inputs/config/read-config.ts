/** From the text of `phaselift.yml` to its rules, with the place of every fault. */
import type { FleetConfig, FleetRule, PlacedText } from '../../fleet/config.js';
import { cronFault, timezoneFault, USUAL_SCHEDULE, type Schedule } from '../../fleet/schedule.js';
import { duration, name } from '../scalars.js';
import type { Parser } from '../parser.js';
import { CONFIG_INPUTS, DEFAULT_KEYS, FILE_KEYS, RULE_KEYS } from './config-keys.js';
import { YamlFile, type PlacedNode } from './yaml-file.js';

const INPUT_NAMES = CONFIG_INPUTS.map((input) => input.name);
const MINUTE_MS = 60_000;
const longTime = duration(MINUTE_MS, 366);
/** Where neither a rule nor the defaults name one. */
const USUAL_ZONE = 'UTC';

/** What a rule has, and the defaults have for all that do not say otherwise. */
interface Said {
  every: PlacedText | null;
  timezone: PlacedText | null;
  drillEvery: PlacedText | null;
  inputs: ReadonlyMap<string, PlacedText>;
}

const NOTHING: Said = { every: null, timezone: null, drillEvery: null, inputs: new Map() };

/**
 * Reads the rules. `path` names the file in messages.
 *
 * @throws PhaseliftError INPUT: every fault in a line of its own, with line and column
 */
export function readConfig(path: string, text: string): FleetConfig {
  const file = new YamlFile(path, text);
  const rules = file.isYaml ? new ConfigReader(file).rules() : [];
  file.throwIfFaulty();
  return { path, rules };
}

class ConfigReader {
  constructor(private readonly file: YamlFile) {}

  rules(): FleetRule[] {
    const keys = this.file.keysOf(this.file.contents, 'the file', FILE_KEYS);
    if (keys === null) return [];
    const defaults = this.defaultsOf(keys.get('defaults'));
    const list = keys.get('databases');
    const items = list === undefined ? null : this.file.listOf(list);
    if (items === null || items.length === 0) {
      this.file.report(
        list ?? this.file.contents,
        "`databases` has to be a list of rules, as `- { match: '*', every: 24h }`",
      );
      return [];
    }
    const rules = items.flatMap((item) => this.ruleOf(item, defaults) ?? []);
    this.checkOrder(rules);
    return rules;
  }

  private defaultsOf(value: PlacedNode | undefined): Said {
    const keys = value === undefined ? null : this.file.keysOf(value, '`defaults`', [...DEFAULT_KEYS, ...INPUT_NAMES]);
    if (keys === null) return NOTHING;
    const said = this.said(keys);
    // Faults of the defaults are told once, at their own place.
    this.scheduleOf(said, NOTHING);
    this.parsed('drill-every', said.drillEvery, longTime);
    return said;
  }

  private ruleOf(value: PlacedNode, defaults: Said): FleetRule | null {
    const keys = this.file.keysOf(value, 'a rule', [...RULE_KEYS, ...INPUT_NAMES]);
    if (keys === null) return null;
    const match = this.patternsOf('match', keys);
    if (!keys.has('match'))
      this.file.report(value, 'a rule needs `match`, the name of a database or a pattern as `app_*`');
    const said = this.said(keys);
    const { line, column } = value;
    return {
      line,
      column,
      match,
      exclude: this.patternsOf('exclude', keys),
      every: this.scheduleOf(said, defaults),
      drillEveryMs: this.parsed('drill-every', said.drillEvery, longTime) ?? parsedOf(defaults.drillEvery, longTime),
      inputs: new Map([...defaults.inputs, ...said.inputs]),
    };
  }

  private said(keys: ReadonlyMap<string, PlacedNode>): Said {
    const text = (key: string): PlacedText | null => {
      const value = keys.get(key);
      return value === undefined ? null : this.file.textOf(key, value);
    };
    const inputs = new Map<string, PlacedText>();
    for (const definition of CONFIG_INPUTS) {
      const value = keys.get(definition.name);
      const given = value === undefined ? null : this.inputText(definition.name, definition.kind === 'lines', value);
      if (given === null) continue;
      inputs.set(definition.name, given);
      this.parsed(definition.name, given, definition.parse);
    }
    return { every: text('every'), timezone: text('timezone'), drillEvery: text('drill-every'), inputs };
  }

  /** What an input is given: a list where it takes lines. */
  private inputText(key: string, isList: boolean, value: PlacedNode): PlacedText | null {
    if (!isList) return this.file.textOf(key, value);
    const texts = this.file.textsOf(key, value);
    const [first] = texts;
    return first === undefined ? null : { ...first, text: texts.map(({ text }) => text).join('\n') };
  }

  private patternsOf(key: string, keys: ReadonlyMap<string, PlacedNode>): string[] {
    const value = keys.get(key);
    const texts = value === undefined ? [] : this.file.textsOf(key, value);
    // `?` and `*` stand in names of databases only as patterns do.
    for (const placed of texts) this.parsed(key, placed, name);
    return texts.map(({ text }) => text);
  }

  /** Where nobody says it, or what is said is at fault, the usual one. */
  private scheduleOf(own: Said, defaults: Said): Schedule {
    const every = own.every ?? defaults.every;
    const zone = own.timezone ?? defaults.timezone;
    const timezone = zone?.text ?? USUAL_ZONE;
    const zoneFault = own.timezone === null ? null : timezoneFault(timezone);
    if (own.timezone !== null && zoneFault !== null) this.file.report(own.timezone, `\`timezone\`: ${zoneFault}`);
    if (every === null) return USUAL_SCHEDULE;
    if (!/\s/.test(every.text)) {
      const ms = own.every === null ? parsedOf(every, longTime) : this.parsed('every', every, longTime);
      return ms === null ? USUAL_SCHEDULE : { kind: 'interval', ms };
    }
    const fault = timezoneFault(timezone) === null ? cronFault(every.text, timezone) : null;
    if (fault !== null && own.every !== null) this.file.report(every, `\`every\`: ${fault}`);
    return { kind: 'cron', line: every.text, timezone };
  }

  /** The value of a text; null without one, and where it is at fault. */
  private parsed<T>(key: string, placed: PlacedText | null, parse: Parser<T>): T | null {
    if (placed === null) return null;
    const parsed = parse(placed.text);
    if ('value' in parsed) return parsed.value;
    for (const fault of parsed.faults) this.file.report(placed, `\`${key}\`: ${String(fault)}`);
    return null;
  }

  /** The first rule that matches counts, so a pattern that stands in an earlier rule as well never does. */
  private checkOrder(rules: readonly FleetRule[]): void {
    const seen = new Map<string, FleetRule>();
    for (const rule of rules) {
      for (const pattern of rule.match) {
        const earlier = [seen.get(pattern), seen.get('*')].find((one) => one !== undefined && one.exclude.length === 0);
        if (earlier !== undefined && earlier !== rule) {
          this.file.report(
            rule,
            `\`${pattern}\` is matched by the rule in line ${earlier.line} already, and the first one counts: put this one before it`,
          );
        }
        if (!seen.has(pattern)) seen.set(pattern, rule);
      }
    }
  }
}

/** The same where its faults are told already. */
function parsedOf<T>(placed: PlacedText | null, parse: Parser<T>): T | null {
  const parsed = placed === null ? null : parse(placed.text);
  return parsed !== null && 'value' in parsed ? parsed.value : null;
}
