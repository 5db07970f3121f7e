/** Schemas of options: what each option takes, whether it may be left out, its default and its help, in one place. */

import { type AnyOptionRules, assertOptions } from "./assert_options.ts";
import type { RequiredRule, RuledValue, ValueRule } from "./value_rules.ts";

/** An option that means something of its own where it is left out. */
export interface OptionalOption<Value> extends ValueRule<Value> {
  readonly isRequired?: never;
  readonly help: string;
  readonly default?: never;
}

/** An option with a default. */
export interface DefaultedOption<Value, Default = Value> extends ValueRule<Value> {
  readonly isRequired?: never;
  readonly help: string;
  readonly default: Default;
}

/** One option of a schema. */
export type SchemaOption = RequiredRule<never> | OptionalOption<never> | DefaultedOption<never, unknown>;

/** The options of something by name, in the order in which they are listed. */
export type OptionSchema = Readonly<Record<string, SchemaOption>>;

/** The object of options that a schema describes, as a caller writes it: undefined stands for an option left out. */
export type OptionsOf<Schema extends OptionSchema> = {
  readonly [Name in keyof Schema as Schema[Name] extends { readonly isRequired: true } ? Name : never]: RuledValue<
    Schema[Name]
  >;
} & {
  readonly [Name in keyof Schema as Schema[Name] extends { readonly isRequired: true } ? never : Name]?:
    | RuledValue<Schema[Name]>
    | undefined;
};

/** The same with the defaults filled in. */
export type ResolvedOptions<Schema extends OptionSchema> = {
  readonly [Name in keyof Schema]: Schema[Name] extends { readonly isRequired: true } | { readonly default: unknown }
    ? RuledValue<Schema[Name]>
    : RuledValue<Schema[Name]> | undefined;
};

/** An option that may be left out; `help` says what that means. */
export function optional<Value>(rule: ValueRule<Value>, help: string): OptionalOption<Value> {
  const { shape, findFault } = rule;
  return { shape, findFault, help };
}

/** An option with a default. */
export function withDefault<Value>(
  rule: ValueRule<Value>,
  value: NoInfer<Value>,
  help: string,
): DefaultedOption<Value> {
  const { shape, findFault } = rule;
  return { shape, findFault, default: value, help };
}

/**
 * Checks options and fills in the defaults. What schemas do not know, options that exclude each other, say, is checked
 * by what takes them.
 * @param subject What takes the options: "EWCPlugin".
 * @throws {TypeRefusal} If an option has no such name, is missing where it is required, or is of another kind.
 * {RangeRefusal} If a value is out of range.
 * @example
 * const schema = { lambda: required(number({ atLeast: 0 }), "weight of the penalty") };
 * resolveOptions("EWCPlugin", { lambda: 0.4 }, schema).lambda; // 0.4
 */
export function resolveOptions<Schema extends OptionSchema>(
  subject: string,
  options: OptionsOf<Schema>,
  schema: Schema,
): ResolvedOptions<Schema> {
  assertOptions(subject, options, schema satisfies AnyOptionRules);
  return fillDefaults(options, schema);
}

/** Options that were checked, with the defaults of those that were left out. */
export function fillDefaults<Schema extends OptionSchema>(options: object, schema: Schema): ResolvedOptions<Schema> {
  const given = new Map<string, unknown>(Object.entries(options));
  const entries = Object.entries(schema).map(([name, option]) => {
    const value = given.get(name);
    return [name, value === undefined && "default" in option ? option.default : value];
  });
  return Object.fromEntries(entries);
}
