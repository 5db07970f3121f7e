import { assertKnownOptions, describeValue, RangeRefusal, TypeRefusal } from "../errors/errors.ts";
import type { RequiredRule, ValueRule } from "./value_rules.ts";

/**
 * A rule for every option of an options type; the compiler refuses one that is missing, too much, or that lets too
 * little through.
 */
export type OptionRules<Options> = {
  readonly [Name in keyof Options]-?: undefined extends Options[Name]
    ? ValueRule<Exclude<Options[Name], undefined>>
    : RequiredRule<Options[Name]>;
};

/** The rules of any options. */
export type AnyOptionRules = Readonly<Record<string, ValueRule<never> & { readonly isRequired?: true }>>;

/**
 * Checks an options object: that it is one, that it has no other names, and its values. An option that is undefined is
 * one that is left out.
 * @param subject What takes the options: "SGD".
 * @throws {TypeRefusal} If it is no object, an option has no such name (with the nearest ones), is missing where it is
 * needed, or is of another kind. {RangeRefusal} If a value is out of range.
 */
export function assertOptions(subject: string, options: object, rules: AnyOptionRules): void {
  assertKnownOptions(subject, options, rules);
  for (const name of Object.keys(rules)) {
    const value: unknown = Object.hasOwn(options, name) ? Reflect.get(options, name) : undefined;
    const rule = rules[name];
    if (rule) assertValue(subject, name, value, rule);
  }
}

/** Called at each experience: words are made for what is refused alone. */
function assertValue(
  subject: string,
  name: string,
  value: unknown,
  { findFault, isRequired }: AnyOptionRules[string],
): void {
  if (value === undefined) {
    if (isRequired) throw new TypeRefusal(`${subject}: ${name} is required`);
    return;
  }
  const fault = findFault(value);
  if (!fault) return;
  const message = `${subject}: ${name}${fault.place} must be ${fault.wanted}, got ${describeValue(fault.got)}`;
  throw fault.isOfKind ? new RangeRefusal(message) : new TypeRefusal(message);
}
