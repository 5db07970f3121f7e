import { elementAt } from "./element_at.ts";
/** Refusals: the errors that answer a wrong value, file or call of the user, and their wording. */

import { escapeControls } from "./printable.ts";

/** Characters of a text that are shown. */
const SHOWN_LENGTH = 200;

/** What a refusal is known by: also across copies of this module. */
const REFUSAL = Symbol.for("firn.refusal");

/**
 * What somebody asked for cannot be done, and the message says in one sentence what to write instead. Everything else
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

/** Builds the message "Cannot <act>: <wanted>, got <value>". */
export function cannot(act: string, wanted: string, got: unknown): string {
  return `Cannot ${act}: wanted ${wanted}, got ${describeValue(got)}`;
}

/** What was thrown, for a message that says why something failed: an error's own message, anything else as text. */
export function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * The candidates nearest to `name` by edit distance, best first, at most three.
 * Empty when nothing is closer than half the name's length.
 */
export function findNearestNames(name: string, candidates: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(name.length / 2));
  const longest = Math.max(0, ...candidates.map(({ length }) => length));
  // Nothing is near a name that is twice as long as all others, and it may be of any length.
  if (name.length > 2 * longest + 4) return [];
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= limit || candidate.startsWith(name))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** `unknown option "momentun", did you mean momentum?`, or all that are known where nothing is near. */
export function describeUnknownName(what: string, name: string, candidates: readonly string[]): string {
  const nearest = findNearestNames(name, candidates);
  const hint = nearest.length > 0 ? `, did you mean ${nearest.join(" or ")}?` : `; known: ${candidates.join(", ")}`;
  return `unknown ${what} ${describeValue(name)}${hint}`;
}

/**
 * Refuses options that have no such name.
 * @param subject What takes the options: "SGD".
 * @param names All names that there are; a record, so that the compiler can hold it against the options' type:
 *   `{ memSize: true } satisfies Record<keyof ReplayPluginOptions, true>`.
 * @throws {TypeRefusal} If `options` has another name, with the nearest ones.
 */
export function assertKnownOptions(subject: string, options: object, names: Readonly<Record<string, true>>): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    throw new TypeRefusal(`${subject}: ${describeUnknownName("option", name, Object.keys(names))}`);
  }
}

/** @throws {RangeError} If `value` is not a whole number of at least `minimum`. */
export function assertWholeNumber(act: string, name: string, value: number, minimum = 0): void {
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new RangeRefusal(cannot(act, `${name} to be a whole number of at least ${minimum}`, value));
  }
}

/** @throws {RangeError} If `value` is not a finite number within [minimum, maximum]. */
export function assertInRange(act: string, name: string, value: number, range: readonly [number, number]): void {
  if (!Number.isFinite(value) || value < range[0] || value > range[1]) {
    throw new RangeRefusal(cannot(act, `${name} to be a number from ${range[0]} to ${range[1]}`, value));
  }
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = elementAt(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, elementAt(row, j) + 1, elementAt(next, j - 1) + 1));
    }
    row = next;
  }
  return elementAt(row, b.length);
}
