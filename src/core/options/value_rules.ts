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

/** What values a rule lets through, as data: command lines parse texts by it, and say in words what to type. */
export type ValueShape =
  | { readonly kind: "number"; readonly isWhole: boolean; readonly bounds: Bounds }
  | { readonly kind: "flag" }
  | { readonly kind: "text" }
  | { readonly kind: "choice"; readonly names: readonly string[] }
  | { readonly kind: "list"; readonly item: ValueShape }
  | { readonly kind: "either"; readonly choices: readonly ValueShape[] }
  /** What code alone can give: functions, objects, null. */
  | { readonly kind: "code" };

/** A rule that lets values of the type `Value` through where they are in range. */
export interface ValueRule<Value> {
  readonly shape: ValueShape;
  /** What is wrong with a value; undefined where nothing is. */
  findFault(value: unknown): Fault | undefined;
  /** Never there: it holds a rule to the type of its option. */
  readonly accepts?: (value: Value) => void;
}

/** The type of the values that a rule lets through. */
export type RuledValue<Rule> = Rule extends { readonly accepts?: (value: infer Value) => void } ? Value : never;

/** A rule for an option that cannot be left out. */
export interface RequiredRule<Value> extends ValueRule<Value> {
  readonly isRequired: true;
  /** What the option is, in a few words; "" where nothing prints it. */
  readonly help: string;
}

/** Marks the rule of an option that cannot be left out. */
export function required<Value>(rule: ValueRule<Value>, help = ""): RequiredRule<Value> {
  return { ...rule, isRequired: true, help };
}

/** A finite number within bounds. */
export function number(bounds: Bounds = {}): ValueRule<number> {
  return createRule({ kind: "number", isWhole: false, bounds }, (value) => findNumberFault(value, bounds));
}

/** A whole number of at least `minimum`, and at most `maximum`. */
export function wholeNumber(minimum = 0, maximum?: number): ValueRule<number> {
  const bounds = { atLeast: minimum, ...(maximum === undefined ? {} : { atMost: maximum }) };
  return createRule({ kind: "number", isWhole: true, bounds }, (value) => findWholeNumberFault(value, bounds));
}

/** True or false. */
export function flag(): ValueRule<boolean> {
  return createRule({ kind: "flag" }, (value) => (typeof value === "boolean" ? undefined : "true or false"));
}

/** Any string of at least `minimumLength` characters. */
export function text(minimumLength: 0 | 1 = 0): ValueRule<string> {
  const wanted = minimumLength === 0 ? "a string" : "a string that is not empty";
  const isText = (value: unknown) => typeof value === "string" && value.length >= minimumLength;
  return createRule({ kind: "text" }, (value) => (isText(value) ? undefined : wanted));
}

/** One of these strings. */
export function oneOf<const Name extends string>(names: readonly Name[]): ValueRule<Name> {
  const wanted = describeChoice(names);
  return createRule({ kind: "choice", names }, (value) => (names.some((name) => name === value) ? undefined : wanted));
}

/** A function. */
export function callback<Function extends (...given: never) => unknown>(): ValueRule<Function> {
  return createRule({ kind: "code" }, (value) => (typeof value === "function" ? undefined : "a function"));
}

/** An object that has these members, "a Dataset" in words. A class in place of its instance is none. */
export function objectLike<Value extends object = object>(
  words: string,
  ...members: readonly string[]
): ValueRule<Value> {
  const isLike = (value: unknown) =>
    typeof value === "object" && value !== null && members.every((member) => member in value);
  return createRule({ kind: "code" }, (value) => (isLike(value) ? undefined : words));
}

/** An array of at least `minimumLength` values that a rule lets through. */
export function listOf<Value>(rule: ValueRule<Value>, minimumLength: 0 | 1 = 0): ValueRule<readonly Value[]> {
  return {
    shape: { kind: "list", item: rule.shape },
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
    shape: { kind: "code" },
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

/** An object of exactly these fields. */
export function groupOf<Fields extends Readonly<Record<string, ValueRule<never>>>>(
  fields: Fields,
): ValueRule<{ readonly [Name in keyof Fields]: RuledValue<Fields[Name]> }> {
  const wanted = `an object of ${Object.keys(fields).join(" and ")}`;
  return {
    shape: { kind: "code" },
    findFault: (value) => {
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      if (!isObject || Object.keys(value).some((name) => !Object.hasOwn(fields, name))) {
        return { place: "", wanted, got: value, isOfKind: false };
      }
      for (const [name, rule] of Object.entries(fields)) {
        const fault = rule.findFault(Reflect.get(value, name));
        if (fault) return { ...fault, place: `.${name}${fault.place}` };
      }
      return undefined;
    },
  };
}

/** An object of some of these fields, or none. */
export function partOf<Fields extends Readonly<Record<string, ValueRule<never>>>>(
  fields: Fields,
): ValueRule<{ readonly [Name in keyof Fields]?: RuledValue<Fields[Name]> | undefined }> {
  return {
    shape: { kind: "code" },
    findFault: (value) => {
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      const given = isObject ? Object.entries(value).filter(([, item]) => item !== undefined) : [];
      if (!isObject || given.some(([name]) => !Object.hasOwn(fields, name))) {
        return { place: "", wanted: `an object of ${Object.keys(fields).join(" or ")}`, got: value, isOfKind: false };
      }
      for (const [name, item] of given) {
        const fault = fields[name]?.findFault(item);
        if (fault) return { ...fault, place: `.${name}${fault.place}` };
      }
      return undefined;
    },
  };
}

/** What one of two rules lets through. */
export function either<First, Second>(first: ValueRule<First>, second: ValueRule<Second>): ValueRule<First | Second> {
  return {
    shape: { kind: "either", choices: [first.shape, second.shape] },
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
  return createRule({ kind: "code" }, (value) => (value === null ? undefined : "null"));
}

/** Any value: what takes the option checks it. */
export function anything(): ValueRule<unknown> {
  return createRule({ kind: "code" }, () => undefined);
}

/** What `typeof` says of a value of the right kind; undefined where that says nothing. */
function nameType(shape: ValueShape): string | undefined {
  switch (shape.kind) {
    case "number":
      return "number";
    case "flag":
      return "boolean";
    case "text":
    case "choice":
      return "string";
    case "list":
    case "either":
    case "code":
      return undefined;
  }
}

function createRule(shape: ValueShape, findWanted: (value: unknown) => string | undefined): ValueRule<unknown> {
  const type = nameType(shape);
  return {
    shape,
    findFault: (value) => {
      const wanted = findWanted(value);
      return wanted === undefined ? undefined : { place: "", wanted, got: value, isOfKind: typeof value === type };
    },
  };
}
