import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeUnknownName, describeValue, TypeRefusal } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { fillDefaults, type OptionSchema, type ResolvedOptions } from "../../core/options/option_schema.ts";
import { required, text, type ValueShape } from "../../core/options/value_rules.ts";
import type { NamedChoice } from "../../runs/run_config.ts";
import { CliError, refuse } from "../cli_error.ts";
import { coerceText, describeOptions, findOptionProblem, type OptionDescription } from "./option_text.ts";
import { type ParsedNamed, parseNamed, QUOTING_HINT } from "./parse_named.ts";
import { findProgram, MODULE_NAME, UserModule } from "./user_module.ts";

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
  /** Where options are that people look for here, by name. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** What a module of the user's is taken as: `path=./mine.ts`. Default: no module is taken. */
  readonly module?: ModuleForm<Context, Made>;
}

/** How a module of the user's becomes one thing of a kind. */
interface ModuleForm<Context, Made> {
  /** Files that are no modules but what a factory takes as its path: the factory's name by the file's ending. */
  readonly files?: Readonly<Record<string, string>>;
  /** The same of a folder that holds a file of this name. */
  readonly folder?: { readonly holds: string; readonly name: string };
  /** The function or class that the module exports. */
  readonly exported: string;
  readonly summary: string;
  /** `own` are the options of the module's schema. */
  create(module: UserModule, own: Readonly<Record<string, unknown>>, context: Context): Made;
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
export function resolveNamed<Context, Made>(registry: Registry<Context, Made>, text: string): NamedChoice {
  const parsed = parseNamed(text);
  return resolveParsed(findFactory(registry, parsed.name), parsed, registry);
}

/** The same, which runs the module that `path=FILE` names and checks the other options by the module's schema. */
export async function loadNamed<Context, Made>(registry: Registry<Context, Made>, text: string): Promise<NamedChoice> {
  const parsed = nameFile(registry, parseNamed(text));
  return resolveParsed(await loadFactory(registry, parsed), parsed, registry);
}

/** "path=model.json" is "tfjs:path=model.json", and so is the folder. */
function nameFile({ module }: Pick<Registry<never, unknown>, "module">, parsed: ParsedNamed): ParsedNamed {
  const path = findProgram(parsed);
  if (path === undefined || !module) return parsed;
  const ending = /\.(\w+)$/.exec(path)?.[1];
  const { files = {}, folder } = module;
  const isOfFolder = folder !== undefined && existsSync(join(path, folder.holds));
  const name = isOfFolder ? folder.name : ending === undefined ? undefined : files[ending];
  return name === undefined ? parsed : { ...parsed, name };
}

function resolveParsed(
  { name: subject, options: schema }: Pick<NamedFactory<never, unknown>, "name" | "options">,
  { name, options }: ParsedNamed,
  { elsewhere = {} }: Pick<Registry<never, unknown>, "elsewhere">,
): NamedChoice {
  for (const [key, place] of Object.entries(elsewhere)) {
    const isAstray = Object.hasOwn(options, key) && !Object.hasOwn(schema, key);
    if (isAstray) throw new CliError(`${subject}: unknown option "${key}"; ${place}`);
  }
  const values = Object.fromEntries(
    Object.entries(options).map(([key, value]) => {
      const shape = findShape(schema, key);
      return [key, shape ? coerceText(shape, value) : value];
    }),
  );
  const problem = findOptionProblem(schema, values, showTyped);
  if (problem === undefined) return { name, options: omitUndefined(fillDefaults(values, schema)) };
  const isList = Object.entries(values).some(
    ([key, value]) => findShape(schema, key)?.kind === "text" && Array.isArray(value),
  );
  throw new CliError(`${subject}: ${problem}${isList ? `; ${QUOTING_HINT}` : ""}`);
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
  resolved: NamedChoice,
  context: Context,
): Made {
  return findFactory(registry, resolved.name).create(resolved.options, context);
}

/** The same, which runs the module that the choice names. */
export async function createLoaded<Context, Made>(
  registry: Registry<Context, Made>,
  resolved: NamedChoice,
  context: Context,
): Promise<Awaited<Made>> {
  const factory = await loadFactory(registry, resolved);
  return await factory.create(resolved.options, context);
}

/** What a registry offers, for people and for programs. */
export interface RegistryEntry {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionDescription[];
}

/** The entries in the order of the registry, and last what a module may be. */
export function describeRegistry<Context, Made>(registry: Registry<Context, Made>): RegistryEntry[] {
  return listFactories(registry).map(describeFactory);
}

/** One of them. */
export function describeFactory({ name, summary, options }: NamedFactory<never, unknown>): RegistryEntry {
  return { name, summary, options: describeOptions(options) };
}

/** What a name stands for. @throws {CliError} If there is no such name, with the nearest ones. */
function findFactory<Context, Made>(registry: Registry<Context, Made>, name: string): NamedFactory<Context, Made> {
  const factories = listFactories(registry);
  const factory = factories.find((candidate) => candidate.name === name);
  if (factory) return factory;
  const names = factories.map((candidate) => candidate.name);
  throw new CliError(describeUnknownName(registry.kind, name, names));
}

/** The option that every module has. */
const PATH = { path: required(text(1), "the module's file") };

function listFactories<Context, Made>({ factories, module }: Registry<Context, Made>) {
  if (!module) return factories;
  const create = () => {
    throw new Error("a module must be loaded first");
  };
  return [...factories, { name: MODULE_NAME, summary: module.summary, options: PATH, create }];
}

/**
 * What a name with its options stands for. A module is run; its factory has the name of its file.
 * @throws {CliError} If there is no such name, or the module cannot be loaded or does not export what it must.
 */
export async function loadFactory<Context, Made>(
  registry: Registry<Context, Made>,
  choice: NamedChoice,
): Promise<NamedFactory<Context, Made>> {
  const factory = findFactory(registry, choice.name);
  const [path, form] = [findProgram(choice), registry.module];
  if (path === undefined || !form) return factory;
  const module = await refuse(() => UserModule.load(path, form.exported));
  return defineFactory({
    name: path,
    summary: `${form.exported} of this module`,
    options: { ...PATH, ...module.options },
    create: ({ path: _path, ...own }, context: Context) => form.create(module, own, context),
  });
}
