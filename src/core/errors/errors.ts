/** Refusals: the errors that answer a wrong value, file or call of the user, and their wording. */

import { distance as editDistance } from "fastest-levenshtein";
import { findFieldSynonyms } from "../options/option_synonyms.ts";
import { escapeControls } from "./printable.ts";

/** Characters of a text that are shown. */
const SHOWN_LENGTH = 200;

/** What a refusal is known by: also across copies of this module. */
const REFUSAL = Symbol.for("firn.refusal");

/**
 * A request cannot be carried out, and the message says in one sentence what to write instead. Everything else
 * that is thrown is a defect. A refusal keeps its built-in class by meaning (`RangeRefusal` is a RangeError), and all
 * of them are `instanceof RefusalError`; this class itself is for calls at the wrong moment. A class that carries data
 * extends one of the other three, as `instanceof` here asks for the mark and not for the class.
 * @example
 * try {
 *   new SGD({ learningRate: -1 });
 * } catch (error) {
 *   if (error instanceof RefusalError) console.error(error.message);
 * }
 */
export class RefusalError extends Error {
  readonly [REFUSAL] = true;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && REFUSAL in value;
  }
}

/** A value is out of its range, or is none of the values that there are. */
export class RangeRefusal extends RangeError {
  readonly [REFUSAL] = true;
}

/** A value is of the wrong kind, or an option has no such name. */
export class TypeRefusal extends TypeError {
  readonly [REFUSAL] = true;
}

/** A text or a file is not in its format. */
export class SyntaxRefusal extends SyntaxError {
  readonly [REFUSAL] = true;
}

/** How a value is shown in an error: strings quoted, long strings and arrays cut, functions by name. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return describeText(value);
  if (typeof value === "function") return `function ${escapeControls(value.name) || "(anonymous)"}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (Array.isArray(value)) {
    const shown = value.slice(0, 8).map(describeValue).join(", ");
    return value.length > 8 ? `[${shown}, … ${value.length} in all]` : `[${shown}]`;
  }
  if (typeof value === "object" && value !== null) return `an object of class ${readClassName(value)}`;
  return escapeControls(String(value));
}

function describeText(text: string): string {
  if (text.length <= SHOWN_LENGTH) return escapeControls(JSON.stringify(text));
  return `${escapeControls(JSON.stringify(`${text.slice(0, SHOWN_LENGTH)}…`))} of ${text.length} characters`;
}

/** By its prototype: parsed JSON may have a field of the name "constructor". */
function readClassName(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  const made = typeof prototype === "object" && prototype !== null ? prototype.constructor : undefined;
  return typeof made === "function" && made.name !== "" ? escapeControls(made.name) : "Object";
}

/** Builds the message "<subject> needs <wanted>, got <value>". */
export function needs(subject: string, wanted: string, got: unknown): string {
  return `${subject} needs ${wanted}, got ${describeValue(got)}`;
}

/** What was thrown, for a message that says why something failed: an error's own message, anything else as text. */
export function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * The candidates nearest to `name`, best first, at most three: those that mean the same in another spelling
 * ("mem_size") or in the field's jargon ("lr"); where there are none, by edit distance.
 * Empty when nothing is closer than half the name's length, or only by writing the whole name anew.
 */
export function findNearestNames(name: string, candidates: readonly string[]): string[] {
  const synonyms = findFieldSynonyms(name, candidates);
  if (synonyms.length > 0) return synonyms;
  const limit = Math.max(2, Math.floor(name.length / 2));
  const longest = Math.max(0, ...candidates.map(({ length }) => length));
  // Nothing is near a name that is twice as long as all others, and it may be of any length.
  if (name.length > 2 * longest + 4) return [];
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(
      ({ candidate, distance }) =>
        (distance <= limit && distance < name.length) || (name !== "" && candidate.startsWith(name)),
    )
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** More names are shown by the first and the last ones: a network has hundreds of values. */
const MOST_SHOWN = 60;

/** `unknown option "momentun", did you mean momentum?`, or those that are known where nothing is near. */
export function describeUnknownName(what: string, name: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return `unknown ${what} ${describeValue(name)}; there are none`;
  const nearest = findNearestNames(name, candidates);
  const isLong = candidates.length > MOST_SHOWN;
  const shown = isLong ? [...candidates.slice(0, 4), "…", ...candidates.slice(-4)] : candidates;
  const hint = nearest.length > 0 ? `, did you mean ${nearest.join(" or ")}?` : `; known: ${shown.join(", ")}`;
  return `unknown ${what} ${describeValue(name)}${hint}`;
}

/**
 * Refuses options that have no such name, and what is no object of options.
 * @param subject What takes the options: "SGD".
 * @param names An object with all names that there are.
 * @throws {TypeRefusal} If `options` has another name, with the nearest ones.
 */
export function assertKnownOptions(subject: string, options: unknown, names: Readonly<Record<string, unknown>>): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const known = Object.keys(names);
    const example = known[0] === undefined ? "{}" : `{ ${known[0]}: … }`;
    throw new TypeRefusal(`${subject}: options must be an object such as ${example}, got ${describeValue(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    throw new TypeRefusal(`${subject}: ${describeUnknownName("option", name, Object.keys(names))}`);
  }
}

/** Where a number may lie; a bound that is left out is open. */
export interface Bounds {
  readonly atLeast?: number;
  readonly above?: number;
  readonly atMost?: number;
  readonly below?: number;
}

/** What `value` must be to be a finite number within bounds: "at least 0 and below 1"; undefined where it is one. */
export function findNumberFault(value: unknown, bounds: Bounds): string | undefined {
  const { atLeast = -Infinity, above = -Infinity, atMost = Infinity, below = Infinity } = bounds;
  if (typeof value !== "number" || Number.isNaN(value)) return "a number";
  if (!Number.isFinite(value)) return "a finite number";
  const isWithin = value >= atLeast && value > above && value <= atMost && value < below;
  return isWithin ? undefined : describeBounds(bounds);
}

/** The same of whole numbers. */
export function findWholeNumberFault(value: unknown, bounds: Bounds): string | undefined {
  if (!Number.isInteger(value)) return "a whole number";
  return findNumberFault(value, bounds) ?? findNumberFault(value, { atMost: Number.MAX_SAFE_INTEGER });
}

/**
 * @param subject What takes the value: "SGD".
 * @throws {RangeError} If `value` is not a whole number of at least `minimum`. {TypeError} If it is no number.
 */
export function assertWholeNumber(subject: string, name: string, value: unknown, minimum = 0): void {
  assertWithoutFault(subject, name, value, findWholeNumberFault(value, { atLeast: minimum }));
}

/**
 * @param subject What takes the value: "SGD".
 * @throws {RangeError} If `value` is not a finite number within the bounds. {TypeError} If it is no number.
 */
export function assertInRange(subject: string, name: string, value: unknown, bounds: Bounds): void {
  assertWithoutFault(subject, name, value, findNumberFault(value, bounds));
}

/**
 * @param subject What takes the value: "withGrowingHead".
 * @throws {RangeError} If `value` is none of the names.
 */
export function assertOneOf(subject: string, name: string, value: unknown, names: readonly string[]): void {
  if (names.some((candidate) => candidate === value)) return;
  throw new RangeRefusal(`${subject}: ${name} must be ${describeChoice(names)}, got ${describeValue(value)}`);
}

/** `"max" or "min"`; `one of "a", "b", "c"` where there are more. */
export function describeChoice(names: readonly string[]): string {
  const quoted = names.map((name) => JSON.stringify(name));
  return quoted.length > 2 ? `one of ${quoted.join(", ")}` : quoted.join(" or ");
}

function assertWithoutFault(subject: string, name: string, value: unknown, fault: string | undefined): void {
  if (fault === undefined) return;
  const message = `${subject}: ${name} must be ${fault}, got ${describeValue(value)}`;
  throw typeof value === "number" ? new RangeRefusal(message) : new TypeRefusal(message);
}

/** Bounds in words: "at least 0", "from 0 to 1", or nothing. */
export function describeBounds({ atLeast, above, atMost, below }: Bounds): string {
  if (atLeast !== undefined && atMost !== undefined) return `from ${atLeast} to ${atMost}`;
  const words = [
    ["at least", atLeast],
    ["above", above],
    ["at most", atMost],
    ["below", below],
  ] as const;
  return words.flatMap(([word, bound]) => (bound === undefined ? [] : [`${word} ${bound}`])).join(" and ");
}
