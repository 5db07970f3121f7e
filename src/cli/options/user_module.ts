import { stat } from "node:fs/promises";
import { parse, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describeCause, describeValue, RefusalError, TypeRefusal } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import type { OptionSchema, SchemaOption } from "../../core/options/option_schema.ts";
import type { NamedChoice } from "../../runs/run_config.ts";

/** The name that stands for a module of the user's: `path=./mine.ts`. */
export const MODULE_NAME = "path";

/** The file that a choice names: a program that runs with it; undefined for what is built in. */
export function findProgram({ name, options }: NamedChoice): string | undefined {
  return name === MODULE_NAME && typeof options.path === "string" && options.path !== "" ? options.path : undefined;
}

/** What to call a choice in the name of a folder: the name of its module, or its own. */
export function nameForFolder(choice: NamedChoice): string {
  const program = findProgram(choice);
  return program === undefined ? choice.name : parse(program).name.replace(/[^\w-]+/g, "_");
}

/** The address of a module, by its file. */
export function findModuleAddress(path: string): string {
  return pathToFileURL(resolve(path)).href;
}

/** A module that a user wrote for the command line: a function or class, and a schema of its options. */
export class UserModule {
  /** The file as it was typed, in quotes. */
  readonly file: string;
  /** What the module exports as `options`; empty where it exports none. */
  readonly options: OptionSchema;
  readonly #name: string;
  readonly #apply: (options: object) => unknown;
  readonly #construct: (options: object) => unknown;

  private constructor(file: string, exports: object, name: string) {
    this.file = file;
    const exported: unknown = Reflect.get(exports, name);
    if (typeof exported !== "function") {
      throw new TypeRefusal(`${file} must export a function or class ${name}, got ${describeValue(exported)}`);
    }
    this.options = parseSchema(file, Reflect.get(exports, "options"));
    this.assertFree([MODULE_NAME]);
    this.#name = name;
    this.#apply = (options) => Reflect.apply(exported, undefined, [options]);
    this.#construct = (options) => Reflect.construct(exported, [options]);
  }

  /**
   * Runs a module.
   * @param name What it must export.
   * @throws {TypeError} If it cannot be loaded, exports nothing of that name, or `options` is no schema.
   */
  static async load(path: string, name: string): Promise<UserModule> {
    const file = JSON.stringify(path);
    const found = await withFileNamed(file, () => stat(path));
    if (!found.isFile()) throw new TypeRefusal(`${file} is no file`);
    const exports: object = await import(findModuleAddress(path)).catch((cause: unknown) => {
      throw new TypeRefusal(`${file} cannot be loaded: ${describeCause(cause).split("\n")[0]}`, { cause });
    });
    return new UserModule(file, exports, name);
  }

  /** @throws {TypeError} If an option of the module has one of these names, under which it is given something else. */
  assertFree(names: readonly string[]): void {
    const taken = names.find((name) => Object.hasOwn(this.options, name));
    if (taken !== undefined) throw new TypeRefusal(`${this.file}: an option must not be called ${taken}`);
  }

  /** Calls the function. What it throws is told with its place there. */
  call(options: object): Promise<unknown> {
    return this.#try(() => this.#apply(options));
  }

  /** Makes an instance of the class. What it throws is told with its place there. */
  construct(options: object): Promise<unknown> {
    return this.#try(() => this.#construct(options));
  }

  /** The refusal of what it gave: "createModel must return a tf.LayersModel, got 3". */
  refuse(wanted: string, got: unknown): TypeRefusal {
    return new TypeRefusal(`${this.file}: ${this.#name} must ${wanted}, got ${describeValue(got)}`);
  }

  async #try(use: () => unknown): Promise<unknown> {
    try {
      return await use();
    } catch (cause) {
      if (!(cause instanceof Error) || cause instanceof RefusalError) throw cause;
      const [place] = cause.stack?.match(/[^\s(]*:\d+:\d+/) ?? [];
      const where = place === undefined ? "" : ` (${place})`;
      const said = `${cause.name}: ${cause.message}${where}`;
      throw new TypeRefusal(`${this.file}: ${this.#name} failed: ${said}`, { cause });
    }
  }
}

function parseSchema(file: string, schema: unknown): OptionSchema {
  if (schema === undefined) return {};
  const isSchema = typeof schema === "object" && schema !== null && Object.values(schema).every(isSchemaOption);
  if (!isSchema) {
    const example = "{ lambda: required(number(), help) }";
    throw new TypeRefusal(`${file} must export as options a schema such as ${example}, got ${describeValue(schema)}`);
  }
  return Object.fromEntries(Object.entries(schema));
}

/** By its parts, because the module may have a copy of Firn of its own. */
function isSchemaOption(value: unknown): value is SchemaOption {
  return typeof value === "object" && value !== null && "shape" in value && "findFault" in value && "help" in value;
}
