import { describeUnknownName, describeValue, TypeRefusal } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { fillDefaults, type OptionSchema, type ResolvedOptions } from "../../core/options/option_schema.ts";
import type { ValueShape } from "../../core/options/value_rules.ts";
import { CliError } from "../cli_error.ts";
import { coerceText, describeOptions, findOptionProblem, type OptionDescription } from "./option_text.ts";
import { parseNamed, QUOTING_HINT } from "./parse_named.ts";

/** A thing that the command line can make by name. */
export interface NamedFactory<Context, Made> {
  readonly name: string;
  readonly summary: string;
  readonly options: OptionSchema;
  /** `options` are validated ones, as `resolveNamed` returns them. */
  create(options: Readonly<Record<string, unknown>>, context: Context): Made;
}

/** All things of one kind. */
export interface Registry<Context, Made> {
  /** "strategy", "benchmark" … */
  readonly kind: string;
  readonly factories: readonly NamedFactory<Context, Made>[];
}

/** A name with all its options, defaults filled in: what config.json holds. */
export interface ResolvedName {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Declares a factory; `create` gets its options typed by the schema. It refuses options that the schema refuses: those
 * of a config.json that was edited, say.
 */
export function defineFactory<Schema extends OptionSchema, Context, Made>(definition: {
  readonly name: string;
  readonly summary: string;
  readonly options: Schema;
  readonly create: (options: ResolvedOptions<Schema>, context: Context) => Made;
}): NamedFactory<Context, Made> {
  const { name, options, create } = definition;
  return {
    ...definition,
    create(given, context) {
      const problem = findOptionProblem(options, given);
      if (problem !== undefined) throw new TypeRefusal(`${name}: ${problem}`);
      return create(fillDefaults(given, options), context);
    },
  };
}

/**
 * Finds what `text` names and validates its options.
 * @throws {CliError} If the name or an option is unknown, an option is missing, or a value is not what it must be.
 */
export function resolveNamed<Context, Made>(registry: Registry<Context, Made>, text: string): ResolvedName {
  const { name, options } = parseNamed(text);
  const factory = findFactory(registry, name);
  const values = Object.fromEntries(
    Object.entries(options).map(([key, value]) => {
      const shape = findShape(factory.options, key);
      return [key, shape ? coerceText(shape, value) : value];
    }),
  );
  const problem = findOptionProblem(factory.options, values, showTyped);
  if (problem === undefined) return { name, options: omitUndefined(fillDefaults(values, factory.options)) };
  const isList = Object.entries(values).some(
    ([key, value]) => findShape(factory.options, key)?.kind === "text" && Array.isArray(value),
  );
  throw new CliError(`${name}: ${problem}${isList ? `; ${QUOTING_HINT}` : ""}`);
}

function findShape(schema: OptionSchema, name: string): ValueShape | undefined {
  return Object.hasOwn(schema, name) ? schema[name]?.shape : undefined;
}

/** As it was typed. */
function showTyped(value: unknown): string {
  return describeValue(Array.isArray(value) ? value.join("|") : value);
}

/** Makes what was resolved. The factory's own refusals pass through. */
export function createNamed<Context, Made>(
  registry: Registry<Context, Made>,
  resolved: ResolvedName,
  context: Context,
): Made {
  return findFactory(registry, resolved.name).create(resolved.options, context);
}

/** What a registry offers, for people and for programs. */
export interface RegistryEntry {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionDescription[];
}

/** The entries in the order of the registry. */
export function describeRegistry<Context, Made>(registry: Registry<Context, Made>): RegistryEntry[] {
  return registry.factories.map(({ name, summary, options }) => ({ name, summary, options: describeOptions(options) }));
}

/** What a name stands for. @throws {CliError} If there is no such name, with the nearest ones. */
export function findFactory<Context, Made>(
  registry: Registry<Context, Made>,
  name: string,
): NamedFactory<Context, Made> {
  const factory = registry.factories.find((candidate) => candidate.name === name);
  if (factory) return factory;
  const names = registry.factories.map((candidate) => candidate.name);
  throw new CliError(describeUnknownName(registry.kind, name, names));
}
