/** How deep a configuration is shown; those of runs are less deep. */
const MAX_DEPTH = 16;

/** One setting of a run: "benchmark.experiences" and "5". */
export type ConfigEntry = readonly [key: string, value: string];

/**
 * A configuration as settings by dotted key. A thing with a name and options is the name, with its options below it. In
 * a list of such things each is found by its name, so that runs can be compared: "plugins" has the names,
 * "plugins.csv.…" the options; one that comes again is "plugins.csv 2". Other lists of objects are numbered.
 */
export function flattenConfig(config: unknown): ConfigEntry[] {
  return flatten("", prune(config, MAX_DEPTH));
}

/** A setting of several runs. */
export interface ComparedSetting {
  readonly key: string;
  /** One a run; undefined where a run does not have it. */
  readonly values: readonly (string | undefined)[];
  readonly isDifferent: boolean;
}

/** The settings of several configurations side by side, in the order in which they first come. */
export function compareConfigs(configs: readonly unknown[]): ComparedSetting[] {
  const flattened = configs.map((config) => new Map(flattenConfig(config)));
  const keys = [...new Set(flattened.flatMap((settings) => [...settings.keys()]))];
  return keys.map((key) => {
    const values = flattened.map((settings) => settings.get(key));
    return { key, values, isDifferent: values.some((value) => value !== values[0]) };
  });
}

/** The same value without what is deeper: a file may nest as deep as no stack goes. */
function prune(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "…";
  if (Array.isArray(value)) return value.map((item) => prune(item, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, prune(item, depth - 1)]));
}

function flatten(key: string, value: unknown): ConfigEntry[] {
  const at = (inner: string) => (key === "" ? inner : `${key}.${inner}`);
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object" || item === null)) return [[key, value.join(", ") || "none"]];
    const named = value.map(readNamed);
    if (named.some((item) => item === undefined)) {
      return value.flatMap((item, i) => flatten(at(String(i + 1)), item));
    }
    return flattenNamedList(
      key,
      named.flatMap((item) => item ?? []),
    );
  }
  if (typeof value !== "object" || value === null) return [[key === "" ? "config" : key, formatSetting(value)]];
  const named = key === "" ? undefined : readNamed(value);
  return named ? [[key, named.name], ...flattenEntries(named.options, at)] : flattenEntries(value, at);
}

interface Named {
  readonly name: string;
  readonly options: object;
}

/** A thing with a name, and options or nothing else. */
function readNamed(value: unknown): Named | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, options = {}, ...rest } = Object.fromEntries(Object.entries(value));
  const isNamed = typeof name === "string" && Object.keys(rest).length === 0;
  return isNamed && typeof options === "object" && options !== null ? { name, options } : undefined;
}

function flattenNamedList(key: string, items: readonly Named[]): ConfigEntry[] {
  const seen = new Map<string, number>();
  const options = items.flatMap(({ name, options }) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    const place = times === 1 ? `${key}.${name}` : `${key}.${name} ${times}`;
    return flattenEntries(options, (inner) => `${place}.${inner}`);
  });
  return [[key, items.map(({ name }) => name).join(", ")], ...options];
}

function flattenEntries(value: object, at: (inner: string) => string): ConfigEntry[] {
  return Object.entries(value).flatMap(([inner, setting]) => flatten(at(inner), setting));
}

function formatSetting(value: unknown): string {
  return value === null ? "none" : String(value);
}
