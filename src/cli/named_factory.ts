import type { z } from "zod";
import { cannot, describeUnknownName } from "../core/errors.ts";
import { CliError } from "./cli_error.ts";
import { coerceText, describeKind, describeOptions, type OptionDescription, readProperties } from "./option_schema.ts";
import { parseNamed } from "./parse_named.ts";

/** A thing that the command line can make by name. */
export interface NamedFactory<Context, Made> {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodObject;
  /** `options` are validated ones, as `resolveNamed` returns them. */
  create(options: unknown, context: Context): Made;
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

/** Declares a factory; `create` gets its options typed by the schema. */
export function defineFactory<Shape extends z.ZodRawShape, Context, Made>(definition: {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodObject<Shape>;
  readonly create: (options: z.output<z.ZodObject<Shape>>, context: Context) => Made;
}): NamedFactory<Context, Made> {
  const { name, summary, options, create } = definition;
  return { name, summary, options, create: (given, context) => create(options.parse(given), context) };
}

/**
 * Finds what `text` names and validates its options.
 * @throws {CliError} If the name or an option is unknown, an option is missing, or a value is not what it must be.
 */
export function resolveNamed<Context, Made>(registry: Registry<Context, Made>, text: string): ResolvedName {
  const { name, options } = parseNamed(text);
  const factory = findFactory(registry, name);
  const act = `use the ${registry.kind} ${name}`;
  const properties = readProperties(factory.options);
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(options)) {
    const property = properties[key];
    if (!property) throw new CliError(`Cannot ${act}: ${describeUnknownOption(key, Object.keys(properties))}`);
    values[key] = coerceText(property, value);
  }
  const result = factory.options.safeParse(values);
  if (result.success) return { name, options: result.data };
  const issue = result.error.issues[0];
  const key = String(issue?.path[0] ?? "");
  const property = properties[key];
  if (!property) throw new CliError(`Cannot ${act}: ${issue?.message ?? "its options do not go together"}`);
  const typed = options[key];
  if (typed === undefined) throw new CliError(`Cannot ${act}: wanted ${key}, ${describeKind(property)}, got nothing`);
  const wanted = `${key} to be ${issue?.code === "custom" ? issue.message : describeKind(property)}`;
  throw new CliError(cannot(act, wanted, typeof typed === "string" ? typed : typed.join("|")));
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

function findFactory<Context, Made>(registry: Registry<Context, Made>, name: string): NamedFactory<Context, Made> {
  const factory = registry.factories.find((candidate) => candidate.name === name);
  if (factory) return factory;
  const names = registry.factories.map((candidate) => candidate.name);
  throw new CliError(`Cannot choose a ${registry.kind}: ${describeUnknownName(registry.kind, name, names)}`);
}

function describeUnknownOption(key: string, known: readonly string[]): string {
  return known.length > 0 ? describeUnknownName("option", key, known) : `it has no options, got ${JSON.stringify(key)}`;
}
