import { valueAt } from "../../core/element_at.ts";
import { describeValue, findNearestNames, RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";
import { planTargets, type TargetOptions, type TargetPlan } from "../readers/target_options.ts";
import type { CsvOptions } from "./csv_options.ts";
import { splitRow } from "./csv_records.ts";
import { assertEncoding } from "./csv_text.ts";
import type { KeyPlaces } from "./row_keys.ts";

/** Where in the rows of a file everything stands. */
export interface CsvLayout {
  readonly delimiter: string;
  /** How many cells a row has. */
  readonly width: number;
  /** The places of the targets: of the label alone, or of all columns to predict in the order of the options. */
  readonly targets: readonly number[];
  /** The place of the task label; undefined where there is none. */
  readonly task: number | undefined;
  /** The places of what else is known of a sample. */
  readonly keys: KeyPlaces;
  /** The places of the features, in the order that all files of the data set share. */
  readonly features: readonly number[];
  /** The names of the columns. */
  readonly names: readonly string[];
}

/** Options that name a column of what is known of a sample beside its targets and features. */
const KEY_OPTIONS = { experience: "experienceColumn", order: "orderColumn", split: "splitColumn" } as const;

/** What is looked for in the first row, in this order. */
const DELIMITERS = [",", ";", "\t"];

/** How pandas calls a column without a name: its index, which it writes unless told not to. */
const UNNAMED = /^Unnamed: \d+$/;

/**
 * The columns that all CSV files of a data set have in common: each file may have them in an order of its own. The
 * order of features is that of the first file.
 */
export class CsvColumns {
  readonly taskColumn: string | undefined;
  /** The column of classes; undefined where targets are others. */
  readonly labelColumn: string | undefined;
  readonly encoding: string;
  /** What stands in the target columns. */
  readonly plan: TargetPlan;
  /** Names of the target columns. */
  readonly #targets: readonly string[];
  readonly #options: CsvOptions & Pick<TargetOptions, "labelSeparator">;
  readonly #dropColumns: readonly string[];
  readonly #dropped = new Set<string>();
  /** Columns of keys by what they say. */
  readonly #keys: Partial<Record<keyof KeyPlaces, string>>;
  #first: { readonly path: string; readonly features: readonly string[] } | undefined;
  #hasFiles = false;
  #hasFeatures = false;

  /** @throws {RangeRefusal} If an option is out of range. */
  constructor(options: CsvOptions & TargetOptions = {}) {
    const { labelColumn = "label", taskColumn, dropColumns = [], delimiter, encoding = "utf-8" } = options;
    if (delimiter !== undefined && !/^[^\w"\n\r]$/u.test(delimiter)) {
      const allowed = "one character that is no letter, digit, quote or newline";
      throw new RangeRefusal(`delimiter must be ${allowed}, got ${describeValue(delimiter)}`);
    }
    this.plan = planTargets(options);
    this.#targets = ("columns" in this.plan ? this.plan.columns : undefined) ?? [labelColumn];
    const both = this.#targets.find((name) => dropColumns.includes(name));
    if (both !== undefined) {
      const what = "columns" in this.plan ? "the target" : "the label column";
      throw new RangeRefusal(`dropColumns must not have ${what} ${describeValue(both)}`);
    }
    if (taskColumn !== undefined && this.#targets.includes(taskColumn)) {
      throw new RangeRefusal(`taskColumn must be another column than the targets, got ${describeValue(taskColumn)}`);
    }
    if (taskColumn !== undefined && dropColumns.includes(taskColumn)) {
      throw new RangeRefusal(`dropColumns must not have the task column ${describeValue(taskColumn)}`);
    }
    assertEncoding(encoding);
    this.#keys = readKeyColumns(options, [
      ...this.#targets,
      ...dropColumns,
      ...(taskColumn === undefined ? [] : [taskColumn]),
    ]);
    this.taskColumn = taskColumn;
    this.labelColumn = "columns" in this.plan ? undefined : labelColumn;
    this.encoding = encoding;
    const { labelSeparator } = options;
    this.#options = {
      labelColumn,
      taskColumn,
      dropColumns: options.dropColumns,
      delimiter,
      encoding: options.encoding,
      labelSeparator,
      experienceColumn: options.experienceColumn,
      orderColumn: options.orderColumn,
      splitColumn: options.splitColumn,
    };
    this.#dropColumns = dropColumns;
    if (options.featureNames) this.#first = { path: "featureNames", features: options.featureNames };
  }

  /** The columns of features in their order; undefined where there was no CSV file. */
  get features(): readonly string[] | undefined {
    return this.#hasFeatures ? this.#first?.features : undefined;
  }

  /**
   * Finds the columns in a file's first row.
   * @throws {SyntaxRefusal} If there is no label column, a name occurs twice, a column has no name, or names are
   *   missing or new compared with the first file.
   */
  match(header: string, path: string): CsvLayout {
    const { delimiter, cells } = this.#split(header, path);
    const names = cells.map((name, place) => (name === "" ? `Unnamed: ${place}` : name));
    return { delimiter, ...this.matchNames(names, path) };
  }

  /**
   * Finds the columns among those of a table.
   * @throws {SyntaxRefusal} As `match`.
   */
  matchNames(names: readonly string[], path: string): Omit<CsvLayout, "delimiter"> {
    const places = indexNames(names, path);
    const known = this.#matchKnown(places, path, names);
    const isFeature = (name: string) =>
      !this.#targets.includes(name) && name !== this.taskColumn && !Object.values(this.#keys).includes(name);
    const features = names.filter((name) => isFeature(name) && !this.#drops(name));
    assertNamed(path, features, names);
    if (features.length === 0) {
      const targets = this.#targets.map((name) => describeValue(name)).join(", ");
      throw new SyntaxRefusal(`${path}: must have columns beside ${targets}`);
    }
    this.#first ??= { path, features };
    this.#hasFeatures = true;
    assertSameNames(path, features, this.#first);
    return { ...known, features: this.#first.features.map((name) => valueAt(places, name)) };
  }

  /**
   * Finds what is known of samples that are images, in a table beside them.
   * @throws {SyntaxRefusal} If a column that an option names is missing.
   */
  matchImages(names: readonly string[], path: string): Omit<CsvLayout, "delimiter"> {
    for (const name of names) this.#drops(name);
    return { ...this.#matchKnown(indexNames(names, path), path, names), features: [] };
  }

  #matchKnown(places: ReadonlyMap<string, number>, path: string, names: readonly string[]) {
    const placeOf = (name: string, what: string, option = "labelColumn") => {
      const place = places.get(name);
      if (place !== undefined) return place;
      const wanted = `the table must have the ${what} ${describeValue(name)}`;
      throw new SyntaxRefusal(`${path}: ${wanted}, got ${describeValue(names)}${this.#suggest(names, name, option)}`);
    };
    const targets = this.#targets.map((name) => placeOf(name, "column"));
    const task = this.taskColumn === undefined ? undefined : placeOf(this.taskColumn, "task column", "taskColumn");
    const keys = Object.fromEntries(
      Object.entries(this.#keys).map(([key, name]) => [key, placeOf(name, `${key} column`, `${key}Column`)]),
    );
    this.#hasFiles = true;
    return { width: names.length, targets, task, keys, names };
  }

  /**
   * Checks that the options said something, once all files were read.
   * @param path What messages begin with: the folder.
   * @throws {RangeRefusal} If there was no table, or none has a column that was to be dropped.
   */
  assertUsed(path: string): void {
    if (!this.#hasFiles) {
      const { labelColumn, ...others } = this.#options;
      const named = { ...others, labelColumn: labelColumn === "label" ? undefined : labelColumn };
      const [option] = Object.entries(named).find(([, value]) => value !== undefined) ?? [];
      if (option !== undefined) throw new RangeRefusal(`${path}: ${option} is for tables, and there is none`);
      return;
    }
    const missing = this.#dropColumns.find((name) => !this.#dropped.has(name));
    if (missing === undefined) return;
    throw new RangeRefusal(`${path}: dropColumns has ${describeValue(missing)}, which is a column of no file`);
  }

  #drops(name: string): boolean {
    if (!this.#dropColumns.includes(name)) return false;
    this.#dropped.add(name);
    return true;
  }

  #split(header: string, path: string): { readonly delimiter: string; readonly cells: readonly string[] } {
    const { delimiter: given } = this.#options;
    const tried = (given === undefined ? DELIMITERS : [given]).map((delimiter) => ({
      delimiter,
      cells: splitRow(header, delimiter) ?? [],
    }));
    const found = tried.find(({ cells }) => this.#targets.every((name) => cells.includes(name)));
    if (found) return found;
    const [widest] = tried.toSorted((a, b) => b.cells.length - a.cells.length);
    const cells = widest?.cells ?? [];
    const missing = this.#targets.find((name) => !cells.includes(name)) ?? "";
    const wanted = `the first row must name the columns, one of them ${describeValue(missing)}`;
    throw new SyntaxRefusal(`${path}: ${wanted}, got ${describeValue(cells)}${this.#suggest(cells, missing)}`);
  }

  /** Which option may help, where a column that one names, or a target, is not among `cells`. */
  #suggest(cells: readonly string[], missing: string, option = "labelColumn"): string {
    if (cells.length === 1) return "; the option delimiter says what stands between cells";
    const [nearest] = findNearestNames(
      missing,
      cells.slice(0, 1000).filter((name) => name.length < 100),
    );
    if (nearest === undefined) return "";
    return "columns" in this.plan && option === "labelColumn"
      ? `, did you mean ${nearest}?`
      : ` (${option}=${nearest}?)`;
  }
}

/** @throws {RangeRefusal} If one is another column, too. */
function readKeyColumns(options: CsvOptions, others: readonly string[]): Partial<Record<keyof KeyPlaces, string>> {
  const keys: Partial<Record<keyof KeyPlaces, string>> = {};
  for (const key of ["experience", "order", "split"] as const) {
    const option = KEY_OPTIONS[key];
    const name = options[option];
    if (name === undefined) continue;
    if (others.includes(name) || Object.values(keys).includes(name)) {
      throw new RangeRefusal(`${option} must be a column of its own, got ${describeValue(name)}`);
    }
    keys[key] = name;
  }
  return keys;
}

/** @throws {SyntaxRefusal} If a name occurs twice. */
function indexNames(names: readonly string[], path: string): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [place, name] of names.entries()) {
    if (places.has(name)) throw new SyntaxRefusal(`${path}: column ${describeValue(name)} occurs twice`);
    places.set(name, place);
  }
  return places;
}

function assertNamed(path: string, features: readonly string[], names: readonly string[]): void {
  const unnamed = features.find((name) => UNNAMED.test(name));
  if (unnamed === undefined) return;
  const cure = `leave it out with dropColumns=${unnamed}, or save it without (to_csv(…, index=False))`;
  throw new SyntaxRefusal(`${path}: column ${names.indexOf(unnamed) + 1} has no name, as the index of pandas; ${cure}`);
}

function assertSameNames(
  path: string,
  features: readonly string[],
  first: { readonly path: string; readonly features: readonly string[] },
): void {
  const [here, there] = [new Set(features), new Set(first.features)];
  const missing = first.features.filter((name) => !here.has(name));
  const extra = features.filter((name) => !there.has(name));
  if (missing.length === 0 && extra.length === 0) return;
  const parts = [
    ...(missing.length > 0 ? [`without ${describeValue(missing)}`] : []),
    ...(extra.length > 0 ? [`with ${describeValue(extra)}`] : []),
  ];
  throw new SyntaxRefusal(`${path}: must have the columns of ${first.path}, got them ${parts.join(" and ")}`);
}
