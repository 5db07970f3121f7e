import { cannot } from "../core/errors.ts";
import type { MetricValue } from "./metric_value.ts";
import { parseRecord, parseRows } from "./metrics/saved_state.ts";

/** All values of one key, in order; the two arrays are of one length. */
export interface MetricSeries {
  /** Training iterations done before each value was taken. */
  readonly steps: readonly number[];
  readonly values: readonly MetricValue["value"][];
}

/** Keeps every value that was reported, by key. */
export class MetricHistory {
  readonly #last = new Map<string, MetricValue["value"]>();
  readonly #series = new Map<string, { readonly steps: number[]; readonly values: MetricValue["value"][] }>();

  /** Appends what was reported at one event. */
  add(values: readonly MetricValue[]): void {
    for (const { key, value, step } of values) {
      this.#last.set(key, value);
      let series = this.#series.get(key);
      if (!series) {
        series = { steps: [], values: [] };
        this.#series.set(key, series);
      }
      series.steps.push(step);
      series.values.push(value);
    }
  }

  /** The newest value of every key. The caller owns the object; matrices in it are borrowed. */
  listLast(): Record<string, MetricValue["value"]> {
    return Object.fromEntries(this.#last);
  }

  /** The series of every key; they grow while training goes on, and are borrowed. */
  listAll(): Record<string, MetricSeries> {
    return Object.fromEntries(this.#series);
  }

  /**
   * Takes the newest values from what `listLast` returned, or from that after a way through JSON; starts anew otherwise.
   * @throws {TypeError} If `state` holds anything but numbers and matrices by key.
   */
  restoreLast(state: unknown): void {
    const act = "restore the last metrics";
    const restored = Object.entries(parseRecord(act, state)).map(([key, value]): [string, MetricValue["value"]] => [
      key,
      parseValue(`${act}, ${key}`, value),
    ]);
    this.#last.clear();
    this.#series.clear();
    for (const [key, value] of restored) this.#last.set(key, value);
  }
}

function parseValue(act: string, value: unknown): MetricValue["value"] {
  if (typeof value === "number") return value;
  if (value === null) return Number.NaN;
  if (Array.isArray(value)) return parseRows(act, value);
  throw new TypeError(cannot(act, "a number or rows of numbers", value));
}
