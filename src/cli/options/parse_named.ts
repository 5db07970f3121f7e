import { elementAt } from "../../core/element_at.ts";
import { describeValue } from "../../core/errors/errors.ts";
import { CliError } from "../cli_error.ts";

/** A name and its options as they were typed; a value with "|" in it is a list. */
export interface ParsedNamed {
  readonly name: string;
  readonly options: Readonly<Record<string, string | readonly string[]>>;
}

/** How a value that holds "," or "|" is typed. */
export const QUOTING_HINT = `quote a value that holds "," or "|": key="a,b"`;

/** Files that hold a model of somebody else's. */
const MODEL_FILE = /\.(onnx|keras|h5|hdf5|json)$/;

/** Names whose one option is a path, which may be typed alone: a name such as "ewc-lambda=1" is no option. */
const OF_PATHS = /^(run|checkpoint):(?![A-Za-z]\w*=)(.+)$/s;

/**
 * Parses "NAME:key=value,key=value"; lists are joined with "|". A text that begins with an option is named by that
 * option's key, so that "path=./my_model.ts" is short for "path:path=./my_model.ts".
 *
 * A value, or an item of a list, that begins with " or ' ends with the same. Inside, "," and "|" are text, and a quote
 * or backslash that is meant has a backslash before it. "run:FOLDER" and "checkpoint:FILE" are short for
 * "run:path=FOLDER" and "checkpoint:path=FILE", without quotes.
 * @throws {CliError} If the text is of another form, or gives an option twice.
 * @example parseNamed("ewc:lambda=0.4,mode=online") // { name: "ewc", options: { lambda: "0.4", mode: "online" } }
 * @example parseNamed('directory:path="my,data"') // { name: "directory", options: { path: "my,data" } }
 */
export function parseNamed(text: string): ParsedNamed {
  const [, kind, path] = OF_PATHS.exec(text) ?? [];
  if (kind !== undefined && path !== undefined) return { name: kind, options: { path } };
  const [, name, rest] = /^([A-Za-z][\w-]*)(?::(.*))?$/s.exec(text) ?? [];
  if (name !== undefined) return { name, options: rest === undefined ? {} : parseOptions(text, rest) };
  const [, key] = /^([A-Za-z][\w-]*)=/.exec(text) ?? [];
  if (key === undefined) {
    const file = /\.[cm]?[jt]s$/.test(text) ? "module" : MODEL_FILE.test(text) ? "model's file" : undefined;
    const hint = file === undefined ? "" : `; a ${file} is path=${formatItem(text)}`;
    throw malformed(text, `expected NAME or NAME:key=value,key=value${hint}`);
  }
  return { name: key, options: parseOptions(text, text) };
}

/** Writes what `parseNamed` reads. Lists have at least one item. */
export function formatNamed({ name, options }: { name: string; options: Readonly<Record<string, unknown>> }): string {
  const parts = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${Array.isArray(value) ? value.map(formatItem).join("|") : formatItem(value)}`);
  return parts.length > 0 ? `${name}:${parts.join(",")}` : name;
}

function formatItem(value: unknown): string {
  const text = String(value);
  return text === "" || /^["']|[,|]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
}

const KEY = /([A-Za-z]\w*)=/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/sy;
const BARE = /[^,|]+/y;

function parseOptions(text: string, rest: string): Record<string, string | readonly string[]> {
  const options = new Map<string, string | readonly string[]>();
  let at = 0;
  do {
    const [whole = "", key] = matchAt(KEY, rest, at) ?? [];
    if (key === undefined) {
      const part = elementAt(rest.slice(at).split(","), 0);
      throw malformed(text, `expected key=value, got ${describeValue(part)}; ${QUOTING_HINT}`);
    }
    if (options.has(key)) throw malformed(text, `${key} is given twice`);
    const { items, end } = parseItems(text, rest, at + whole.length);
    options.set(key, items.length === 1 ? elementAt(items, 0) : items);
    at = end + 1;
  } while (at <= rest.length);
  return Object.fromEntries(options);
}

/** The items of a value from `start` on, and the place of the comma behind it, or the text's end. */
function parseItems(text: string, rest: string, start: number): { items: string[]; end: number } {
  const items: string[] = [];
  let at = start;
  for (;;) {
    const quoted = matchAt(QUOTED, rest, at);
    const bare = quoted ? null : matchAt(BARE, rest, at);
    const whole = quoted?.[0] ?? bare?.[0];
    if (whole === undefined) throw malformed(text, `a value is missing; write "" for an empty text`);
    if (bare && /^["']/.test(whole)) throw malformed(text, `the quote ${whole.charAt(0)} is not closed`);
    items.push(quoted ? (quoted[1] ?? quoted[2] ?? "").replace(/\\(["'\\])/g, "$1") : whole);
    at += whole.length;
    if (rest[at] !== "|") break;
    at += 1;
  }
  if (at < rest.length && rest[at] !== ",") throw malformed(text, `expected "," or "|" after a quoted value`);
  return { items, end: at };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function malformed(text: string, problem: string): CliError {
  return new CliError(`${text.trim() === "" ? describeValue(text) : text}: ${problem}`);
}
