import { cannot } from "../core/errors.ts";
import { CliError } from "./cli_error.ts";

/** A name and its options as they were typed; a value with "|" in it is a list. */
export interface ParsedNamed {
  readonly name: string;
  readonly options: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * Parses "NAME:key=value,key=value"; lists are joined with "|". A text that begins with an option is named by that
 * option's key, so that "path=./my_model.ts" is short for "path:path=./my_model.ts".
 * @throws {CliError} If the text is of another form, or gives an option twice.
 * @example parseNamed("ewc:lambda=0.4,mode=online") // { name: "ewc", options: { lambda: "0.4", mode: "online" } }
 */
export function parseNamed(text: string): ParsedNamed {
  const [, name, rest] = /^([A-Za-z][\w-]*)(?::(.*))?$/s.exec(text) ?? [];
  if (name !== undefined) return { name, options: rest === undefined ? {} : parseOptions(text, rest) };
  const [, key] = /^([A-Za-z][\w-]*)=/.exec(text) ?? [];
  if (key === undefined) throw malformed(text);
  return { name: key, options: parseOptions(text, text) };
}

/** Writes what `parseNamed` reads. */
export function formatNamed({ name, options }: { name: string; options: Readonly<Record<string, unknown>> }): string {
  const parts = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${Array.isArray(value) ? value.join("|") : String(value)}`);
  return parts.length > 0 ? `${name}:${parts.join(",")}` : name;
}

function parseOptions(text: string, rest: string): Record<string, string | readonly string[]> {
  const options = new Map<string, string | readonly string[]>();
  for (const part of rest.split(",")) {
    const [, key, value] = /^([A-Za-z]\w*)=(.+)$/s.exec(part) ?? [];
    if (key === undefined || value === undefined) throw malformed(text);
    if (options.has(key)) throw new CliError(cannot(`read "${text}"`, `each option once`, key));
    options.set(key, value.includes("|") ? value.split("|") : value);
  }
  return Object.fromEntries(options);
}

function malformed(text: string): CliError {
  return new CliError(cannot("read a name with options", "NAME or NAME:key=value,key=value", text));
}
