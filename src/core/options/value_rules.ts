/** Rules for the values of options: what a value must be, said where it is not. */

import { type Bounds, describeChoice, findNumberFault, findWholeNumberFault } from "../errors/errors.ts";

/** What is wrong with a value: at `place` in it ("[2]"), `got` must be `wanted` ("at least 0"). */
export interface Fault {
  readonly place: string;
  readonly wanted: string;
  readonly got: unknown;
  /** False where it is not even of the right kind: a string where a number belongs. */
  readonly isOfKind: boolean;
}

/** A rule that lets values of the type `Value` through where they are in range. */
export interface ValueRule<Value> {
  /** What is wrong with a value; undefined where nothing is. */
  findFault(value: unknown): Fault | undefined;
  /** Never there: it holds a rule to the type of its option. */
  readonly accepts?: (value: Value) => void;
}

/** A rule for an option that cannot be left out. */
export interface RequiredRule<Value> extends ValueRule<Value> {
  readonly isRequired: true;
}

/** Marks the rule of an option that cannot be left out. */
export function required<Value>(rule: ValueRule<Value>): RequiredRule<Value> {
  return { ...rule, isRequired: true };
}

/** A finite number within bounds. */
export function number(bounds: Bounds = {}): ValueRule<number> {
  return createRule("number", (value) => findNumberFault(value, bounds));
}

/** A whole number of at least `minimum`, and at most `maximum`. */
export function wholeNumber(minimum = 0, maximum?: number): ValueRule<number> {
  const bounds = { atLeast: minimum, ...(maximum === undefined ? {} : { atMost: maximum }) };
  return createRule("number", (value) => findWholeNumberFault(value, bounds));
}

/** True or false. */
export function flag(): ValueRule<boolean> {
  return createRule("boolean", (value) => (typeof value === "boolean" ? undefined : "true or false"));
}

/** Any string. */
export function text(): ValueRule<string> {
  return createRule("string", (value) => (typeof value === "string" ? undefined : "a string"));
}

/** One of these strings. */
export function oneOf<Name extends string>(names: readonly Name[]): ValueRule<Name> {
  const wanted = describeChoice(names);
  return createRule("string", (value) => (names.some((name) => name === value) ? undefined : wanted));
}

/** A function. */
export function callback(): ValueRule<(...given: never) => unknown> {
  return createRule("function", (value) => (typeof value === "function" ? undefined : "a function"));
}

/** An object that has these members, "a Dataset" in words. A class in place of its instance is none. */
export function objectLike(words: string, ...members: readonly string[]): ValueRule<object> {
  const isLike = (value: unknown) =>
    typeof value === "object" && value !== null && members.every((member) => member in value);
  return createRule("none", (value) => (isLike(value) ? undefined : words));
}

/** An array of at least `minimumLength` values that a rule lets through. */
export function listOf<Value>(rule: ValueRule<Value>, minimumLength: 0 | 1 = 0): ValueRule<readonly Value[]> {
  return {
    findFault: (value) => {
      if (!Array.isArray(value)) return { place: "", wanted: "an array", got: value, isOfKind: false };
      if (value.length < minimumLength)
        return { place: "", wanted: "an array of at least one element", got: value, isOfKind: true };
      for (const [index, item] of value.entries()) {
        const fault = rule.findFault(item);
        if (fault) return { ...fault, place: `[${index}]${fault.place}` };
      }
      return undefined;
    },
  };
}

/** An object whose values a rule lets through, whatever their names. */
export function recordOf<Value>(rule: ValueRule<Value>): ValueRule<Readonly<Record<string, Value>>> {
  return {
    findFault: (value) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return { place: "", wanted: "an object", got: value, isOfKind: false };
      }
      for (const [name, item] of Object.entries(value)) {
        const fault = rule.findFault(item);
        if (fault) return { ...fault, place: `[${name}]${fault.place}` };
      }
      return undefined;
    },
  };
}

/** What one of two rules lets through. */
export function either<First, Second>(first: ValueRule<First>, second: ValueRule<Second>): ValueRule<First | Second> {
  return {
    findFault: (value) => {
      const [one, other] = [first.findFault(value), second.findFault(value)];
      if (!one || !other) return undefined;
      // A fault of the right kind, or inside a list, says more than what else there could be.
      const nearer = [one, other].find(({ isOfKind, place }) => isOfKind || place !== "");
      return nearer ?? { ...one, wanted: `${one.wanted} or ${other.wanted}` };
    },
  };
}

/** Null, for an option that null turns off. */
export function nothing(): ValueRule<null> {
  return createRule("none", (value) => (value === null ? undefined : "null"));
}

/** Any value: what takes the option checks it. */
export function anything(): ValueRule<unknown> {
  return createRule("none", () => undefined);
}

function createRule(kind: string, findWanted: (value: unknown) => string | undefined): ValueRule<unknown> {
  return {
    findFault: (value) => {
      const wanted = findWanted(value);
      return wanted === undefined ? undefined : { place: "", wanted, got: value, isOfKind: typeof value === kind };
    },
  };
}
