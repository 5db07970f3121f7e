/** One setting of a run: "benchmark.experiences" and "5". */
export type ConfigEntry = readonly [key: string, value: string];

/**
 * A configuration as settings by dotted key. A thing with a name and options is the name, with its options below it; a list of
 * such things is numbered.
 */
export function flattenConfig(config: unknown): ConfigEntry[] {
  return flatten("", config);
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

function flatten(key: string, value: unknown): ConfigEntry[] {
  const at = (inner: string) => (key === "" ? inner : `${key}.${inner}`);
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object" || item === null)) return [[key, value.join(", ") || "none"]];
    return value.flatMap((item, i) => flatten(at(String(i + 1)), item));
  }
  if (typeof value !== "object" || value === null) return [[key === "" ? "config" : key, formatSetting(value)]];
  const { name, options, ...rest } = Object.fromEntries(Object.entries(value));
  if (key !== "" && typeof name === "string" && Object.keys(rest).length === 0) {
    return [[key, name], ...flattenEntries(options ?? {}, at)];
  }
  return flattenEntries(value, at);
}

function flattenEntries(value: object, at: (inner: string) => string): ConfigEntry[] {
  return Object.entries(value).flatMap(([inner, setting]) => flatten(at(inner), setting));
}

function formatSetting(value: unknown): string {
  return value === null ? "none" : String(value);
}
