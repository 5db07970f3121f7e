import { elementAt } from "../core/element_at.ts";
import { describeValue, needs, RangeRefusal, TypeRefusal } from "../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { listOf, number, objectLike, oneOf } from "../core/options/value_rules.ts";

/** What a collector needs to know of a stream: its name, and how many samples each experience has. */
export interface MeasuredStream extends Iterable<{ readonly dataset: { readonly length: number } }> {
  readonly name: string;
}

/** Values by metric: for each time one value for each experience. */
export type CollectedValues = Readonly<Record<string, readonly (readonly number[])[]>>;

/** Which of the values to give, and what to take together. */
export interface MetricSelection {
  /** "last": the newest time; "mean": the mean over time. Default: a value for each time. */
  readonly timeReduce?: "last" | "mean" | undefined;
  /**
   * "experience-mean": the plain mean over experiences; "sample-mean": weighted by their samples, which takes `stream`;
   * "weighted-sum": the sum weighted by `weights`. Default: a value for each experience.
   */
  readonly experienceReduce?: "sample-mean" | "experience-mean" | "weighted-sum" | undefined;
  /** The stream that the values were collected for, if any. */
  readonly stream?: MeasuredStream | undefined;
  /** A weight for each experience. */
  readonly weights?: readonly number[] | undefined;
}

/** One where times are taken together. */
export interface TimeSelection extends MetricSelection {
  readonly timeReduce: "last" | "mean";
}

/** One where experiences are taken together. */
export interface ExperienceSelection extends MetricSelection {
  readonly experienceReduce: "sample-mean" | "experience-mean" | "weighted-sum";
}

const SELECTION_RULES: OptionRules<MetricSelection> = {
  timeReduce: oneOf(["last", "mean"]),
  experienceReduce: oneOf(["sample-mean", "experience-mean", "weighted-sum"]),
  stream: objectLike<MeasuredStream>("a stream", "name"),
  weights: listOf(number()),
};

/**
 * Collects values of metrics over time, one for each experience of a stream, and takes them together. It is fed by
 * hand: after each `eval`, say.
 * @example
 * const collector = new MetricCollector();
 * collector.update({ accuracy: [0.9, 0.1] });
 * collector.update({ accuracy: [0.6, 0.8] });
 * collector.get("accuracy", { timeReduce: "last", experienceReduce: "experience-mean" }); // 0.7
 */
export class MetricCollector {
  readonly #values = new Map<string, (readonly number[])[]>();

  /**
   * Adds the values of one time by metric.
   * @param values One for each experience.
   * @param options.stream Its name stands before the metric's: "test/accuracy".
   * @throws {RangeError} If there is not one value for each experience: of the stream, or of the times before.
   */
  update(
    values: Readonly<Record<string, readonly number[]>>,
    { stream }: { readonly stream?: MeasuredStream | undefined } = {},
  ): void {
    const length = stream ? countSamples(stream).length : undefined;
    const added = Object.entries(values).map(([name, row]) => {
      const key = nameMetric(name, stream);
      const wanted = length ?? this.#values.get(key)?.[0]?.length ?? row.length;
      if (row.length !== wanted) {
        throw new RangeRefusal(needs(key, `one value for each of ${wanted} experiences`, row.length));
      }
      return [key, [...row]] as const;
    });
    for (const [key, row] of added) this.#values.set(key, [...(this.#values.get(key) ?? []), row]);
  }

  /**
   * What was collected of a metric: [T, E], [T] where experiences are taken together, [E] where times are, one number
   * where both are. The caller owns it.
   * @throws {RangeError} If nothing was collected under the name, or options do not go together.
   */
  get(name: string, selection: TimeSelection & ExperienceSelection): number;
  get(name: string, selection: TimeSelection | ExperienceSelection): number[];
  get(name: string, selection?: MetricSelection): number[][];
  get(name: string, selection: MetricSelection = {}): number | number[] | number[][] {
    assertOptions("MetricCollector.get()", selection, SELECTION_RULES);
    const { timeReduce, experienceReduce, stream, weights } = selection;
    if ((experienceReduce === "weighted-sum") !== (weights !== undefined)) {
      throw new RangeRefusal('MetricCollector.get(): experienceReduce "weighted-sum" and weights require each other');
    }
    const rows = this.#find(nameMetric(name, stream));
    if (experienceReduce === undefined) {
      if (timeReduce === undefined) return rows.map((row) => [...row]);
      const [first = []] = rows;
      return first.map((_, experience) =>
        reduceTime(
          rows.map((row) => elementAt(row, experience)),
          timeReduce,
        ),
      );
    }
    const shares = weigh(elementAt(rows, 0).length, selection);
    const sums = rows.map((row) => row.reduce((sum, value, i) => sum + value * elementAt(shares, i), 0));
    return timeReduce === undefined ? sums : reduceTime(sums, timeReduce);
  }

  /** All values by metric, as plain data. The caller owns it. */
  getDict(): Record<string, number[][]> {
    return Object.fromEntries([...this.#values].map(([key, rows]) => [key, rows.map((row) => [...row])]));
  }

  /** Goes on from what `getDict` gave, or from that after a way through JSON. @throws {TypeError} If it is no such. */
  loadDict(values: CollectedValues): void {
    const loaded = Object.entries(values).map(([key, rows]) => {
      if (!isTable(rows)) throw new TypeRefusal(needs(key, "rows of numbers of one length", rows));
      return [key, rows.map((row) => [...row])] as const;
    });
    this.#values.clear();
    for (const [key, rows] of loaded) this.#values.set(key, rows);
  }

  /** For `JSON.stringify(collector)`. */
  toJSON(): Record<string, number[][]> {
    return this.getDict();
  }

  #find(key: string): readonly (readonly number[])[] {
    const rows = this.#values.get(key);
    if (rows) return rows;
    const known = [...this.#values.keys()].map((name) => describeValue(name)).join(", ");
    const wanted = known === "" ? "update() to be called first" : `one of ${known}`;
    throw new RangeRefusal(
      `MetricCollector.get() needs ${wanted}, got ${describeValue(key)}; stream is part of the name`,
    );
  }
}

function nameMetric(name: string, stream?: MeasuredStream): string {
  return stream ? `${stream.name}/${name}` : name;
}

function countSamples(stream: MeasuredStream): number[] {
  return Array.from(stream, ({ dataset }) => dataset.length);
}

/** What each of the experiences counts. */
function weigh(experiences: number, { experienceReduce, stream, weights = [] }: MetricSelection): readonly number[] {
  const shares = experienceReduce === "weighted-sum" ? weights : listShares(experiences, experienceReduce, stream);
  if (shares.length === experiences) return shares;
  throw new RangeRefusal(
    needs("MetricCollector.get()", `a weight for each of ${experiences} experiences`, shares.length),
  );
}

function listShares(
  experiences: number,
  experienceReduce: MetricSelection["experienceReduce"],
  stream: MeasuredStream | undefined,
): number[] {
  if (experienceReduce !== "sample-mean") return new Array<number>(experiences).fill(1 / experiences);
  if (!stream) throw new RangeRefusal('MetricCollector.get(): experienceReduce "sample-mean" requires stream');
  const counts = countSamples(stream);
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / all);
}

function reduceTime(values: readonly number[], timeReduce: "last" | "mean"): number {
  if (timeReduce === "last") return elementAt(values, values.length - 1);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function isTable(rows: unknown): boolean {
  if (!Array.isArray(rows) || rows.length === 0) return false;
  const [first] = rows;
  return rows.every(
    (row) =>
      Array.isArray(row) && row.length === first.length && row.every((value: unknown) => typeof value === "number"),
  );
}
