/** Experiences, and train and test samples, by what columns of a table say. */

import { elementAt } from "../../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../../core/errors/errors.ts";
import { compareNaturally } from "../../../core/natural_order.ts";
import { joinKeys, type RowKeys } from "../../../data/csv/row_keys.ts";
import { Dataset } from "../../../data/dataset.ts";
import { DEFAULT_EXPERIENCES } from "../class_counts.ts";
import { type ExperienceChoice, orderExperiences } from "./find_experience_folders.ts";

/** Samples with what columns say of them. */
export interface KeyedSamples {
  readonly dataset: Dataset;
  readonly keys: RowKeys | undefined;
}

/** Samples of the parts that a column of splits names. */
export interface SplitSamples {
  readonly train: KeyedSamples;
  /** Undefined where there is none. */
  readonly test: KeyedSamples | undefined;
  readonly valid: KeyedSamples | undefined;
}

/** Experiences that columns made. */
export interface KeyDivision {
  /** Their names; undefined where they have none. */
  readonly names: readonly string[] | undefined;
  /** The samples of each. */
  readonly train: readonly Dataset[];
  readonly test: readonly Dataset[] | undefined;
  readonly valid: readonly Dataset[] | undefined;
}

/** How samples are divided. */
export interface KeyOptions extends ExperienceChoice {
  /** How many experiences an order is cut into. Default: 5. */
  readonly experiences?: number | undefined;
}

const SPLITS: Readonly<Record<string, "train" | "test" | "valid">> = {
  train: "train",
  training: "train",
  test: "test",
  valid: "valid",
  validation: "valid",
  val: "valid",
  dev: "valid",
};

/** The samples of several folders, one after another. */
export function joinKeyed(samples: readonly KeyedSamples[]): KeyedSamples {
  return {
    dataset: Dataset.concat(samples.map(({ dataset }) => dataset)),
    keys: joinKeys(samples.map(({ keys }) => keys)),
  };
}

/**
 * Divides samples into train, test and validation ones, by their split.
 * @throws {RangeRefusal} If a split has another name, or none is for training.
 */
export function splitByKey(samples: KeyedSamples, subject: string): SplitSamples {
  const positions = { train: [] as number[], test: [] as number[], valid: [] as number[] };
  for (const [position, split] of (samples.keys?.split ?? []).entries()) {
    const part = Object.hasOwn(SPLITS, split.toLowerCase()) ? SPLITS[split.toLowerCase()] : undefined;
    if (part === undefined) {
      const known = Object.keys(SPLITS).join(", ");
      throw new RangeRefusal(`${subject}: a split must be one of ${known}, got ${describeValue(split)}`);
    }
    positions[part].push(position);
  }
  if (positions.train.length === 0)
    throw new RangeRefusal(`${subject}: splitColumn must have rows of the split "train"`);
  const take = (part: keyof typeof positions) =>
    positions[part].length === 0 ? undefined : selectKeyed(samples, positions[part]);
  return { train: selectKeyed(samples, positions.train), test: take("test"), valid: take("valid") };
}

/**
 * Divides samples into experiences: one for each value of their key `experience`, in the natural order of the values or
 * by the least order that it has in training; else the training samples, in their order, in parts of one size, and test
 * samples with the last part that begins before them.
 * @throws {RangeRefusal} If there are fewer samples than experiences, samples of an experience that is not trained, or
 * dates that do not begin with their year.
 */
export function divideByKeys({ train, test, valid }: SplitSamples, options: KeyOptions): KeyDivision {
  for (const samples of [train, test, valid]) assertSortable(samples?.keys?.order ?? [], options.path);
  if (train.keys?.experience) {
    if (options.experiences !== undefined) {
      throw new RangeRefusal(`${options.path}: experiences cannot be used with experienceColumn, which says how many`);
    }
    const names = orderExperiences(orderNames(train.keys), options);
    const select = (part: KeyedSamples | undefined, what: string) =>
      part && selectByName(part, names, { what, ...options });
    return {
      names,
      train: select(train, "train") ?? [],
      test: select(test, "test"),
      valid: select(valid, "valid"),
    };
  }
  const order = rankOrder([train, test, valid]);
  const count = Math.min(options.experiences ?? DEFAULT_EXPERIENCES, train.dataset.length);
  if (options.experiences !== undefined && count < options.experiences) {
    throw new RangeRefusal(
      `${options.path}: experiences must be at most the ${count} samples, got ${options.experiences}`,
    );
  }
  const { ranks, positions } = elementAt(order, 0) ?? { ranks: [], positions: [] };
  const bounds = Array.from({ length: count + 1 }, (_, i) => Math.round((i * positions.length) / count));
  const firsts = bounds.slice(0, -1).map((start) => elementAt(ranks, elementAt(positions, start)));
  const place = (part: KeyedSamples | undefined, ranked: RankedSamples | undefined) =>
    part && ranked && placeByRank(part.dataset, ranked, firsts);
  return {
    names: undefined,
    train: bounds.slice(0, -1).map((start, i) => train.dataset.subset(positions.slice(start, bounds[i + 1]))),
    test: place(test, order[1]),
    valid: place(valid, order[2]),
  };
}

/** Days and months before a year, in whatever order: as texts they would be sorted by their days. */
const YEAR_LAST = /^\s*\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d)/;

function assertSortable(order: readonly string[], path: string): void {
  const wrong = order.find((value) => YEAR_LAST.test(value));
  if (wrong === undefined) return;
  const wanted = "dates in orderColumn must begin with the year, as 2024-05-31 does";
  throw new RangeRefusal(`${path}: ${wanted}, got ${describeValue(wrong)}`);
}

function selectKeyed({ dataset, keys }: KeyedSamples, positions: readonly number[]): KeyedSamples {
  const select = (values: readonly string[] | undefined) =>
    values && positions.map((position) => elementAt(values, position));
  const [experience, order] = [select(keys?.experience), select(keys?.order)];
  return {
    dataset: dataset.subset(positions),
    keys: { ...(experience ? { experience } : {}), ...(order ? { order } : {}) },
  };
}

/** The experiences that occur, in the order in which they are trained. */
function orderNames({ experience = [], order }: RowKeys): readonly string[] {
  const names = [...new Set(experience)].sort(compareNaturally);
  if (!order) return names;
  const least = new Map<string, string>();
  const compare = chooseComparison(order);
  for (const [i, name] of experience.entries()) {
    const [before, value] = [least.get(name), elementAt(order, i)];
    if (before === undefined || compare(value, before) < 0) least.set(name, value);
  }
  return names.toSorted((a, b) => compare(least.get(a) ?? "", least.get(b) ?? ""));
}

function selectByName(
  { dataset, keys }: KeyedSamples,
  names: readonly string[],
  { what, path, experienceNames, addExperiences }: ExperienceChoice & { readonly what: string },
): Dataset[] {
  const positions = new Map(names.map((name) => [name, [] as number[]]));
  for (const [position, name] of (keys?.experience ?? []).entries()) {
    const own = positions.get(name);
    if (own) own.push(position);
    else if (!experienceNames || addExperiences) {
      throw new RangeRefusal(`${path}: there are ${what} samples of ${describeValue(name)}, and none for training`);
    }
  }
  return [...positions.values()].map((own) => dataset.subset(own));
}

/** Samples by their place in the order of all. */
interface RankedSamples {
  /** Of each sample; samples of one order have one rank. */
  readonly ranks: readonly number[];
  /** By rank, then as they came. */
  readonly positions: readonly number[];
}

function rankOrder(parts: readonly (KeyedSamples | undefined)[]): readonly (RankedSamples | undefined)[] {
  const values = [...new Set(parts.flatMap((part) => part?.keys?.order ?? []))];
  values.sort(chooseComparison(values));
  const rankOf = new Map(values.map((value, rank) => [value, rank]));
  return parts.map((part) => {
    if (!part) return undefined;
    const ranks = (part.keys?.order ?? []).map((value) => rankOf.get(value) ?? 0);
    const positions = [...ranks.keys()].sort((a, b) => elementAt(ranks, a) - elementAt(ranks, b) || a - b);
    return { ranks, positions };
  });
}

/** Numbers by value where all are numbers; else as names: dates such as 2024-05-31 follow each other. */
function chooseComparison(values: readonly string[]): (a: string, b: string) => number {
  const areNumbers = values.every((value) => value.trim() !== "" && Number.isFinite(Number(value)));
  return areNumbers ? (a, b) => Number(a) - Number(b) : compareNaturally;
}

/** Each sample with the last part that begins at its rank or before; with the first, where none does. */
function placeByRank(dataset: Dataset, { ranks, positions }: RankedSamples, firsts: readonly number[]): Dataset[] {
  const parts = firsts.map(() => [] as number[]);
  for (const position of positions) {
    const next = firsts.findIndex((first) => first > elementAt(ranks, position));
    elementAt(parts, Math.max(0, (next < 0 ? firsts.length : next) - 1)).push(position);
  }
  return parts.map((part) => dataset.subset(part));
}
