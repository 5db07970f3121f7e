import { cannot, TypeRefusal } from "../core/errors.ts";
import { isMatrix, type MetricData } from "./metric_data.ts";
import type { MetricValue } from "./metric_value.ts";
import { parseRecord, parseRows } from "./metrics/saved_state.ts";

/** All values of one key, in order; the two arrays are of one length. */
export interface MetricSeries {
  /** Training iterations done before each value was taken. */
  readonly steps: readonly number[];
  readonly values: readonly MetricData[];
  /** Values ever reported; more than are listed, where a run was resumed. */
  readonly count: number;
}

interface GrowingSeries {
  readonly steps: number[];
  readonly values: MetricData[];
  count: number;
}

interface SavedValue {
  readonly step: number;
  readonly value: number | readonly (readonly number[])[];
  readonly count: number;
}

/** Keeps every value that was reported, by key. */
export class MetricHistory {
  readonly #last = new Map<string, MetricData>();
  readonly #series = new Map<string, GrowingSeries>();

  /** Appends what was reported at one event. */
  add(values: readonly MetricValue[]): void {
    for (const { key, value, step } of values) {
      this.#last.set(key, value);
      let series = this.#series.get(key);
      if (!series) {
        series = { steps: [], values: [], count: 0 };
        this.#series.set(key, series);
      }
      series.steps.push(step);
      series.values.push(value);
      series.count += 1;
    }
  }

  /** The newest value of every key. The caller owns the object; matrices in it are borrowed. */
  listLast(): Record<string, MetricData> {
    return Object.fromEntries(this.#last);
  }

  /** The series of every key; they grow while training goes on, and are borrowed. */
  listAll(): Record<string, MetricSeries> {
    return Object.fromEntries(this.#series);
  }

  /**
   * The newest value of every key with its step and how many there were, as plain data that survives JSON. What is
   * neither a number nor a matrix (pictures, parameters) is left out.
   */
  saveLast(): Record<string, SavedValue> {
    const entries = [...this.#series].flatMap(([key, { steps, values, count }]) => {
      const value = values.at(-1) ?? Number.NaN;
      if (typeof value !== "number" && !isMatrix(value)) return [];
      return [[key, { step: steps.at(-1) ?? 0, value, count }] as const];
    });
    return Object.fromEntries(entries);
  }

  /**
   * Takes the newest values from what `saveLast` returned, or from that after a way through JSON; starts anew
   * otherwise.
   * @throws {TypeError} If `state` holds anything but steps with numbers or matrices by key.
   */
  restoreLast(state: unknown): void {
    const act = "restore the last metrics";
    const restored = Object.entries(parseRecord(act, state)).map(([key, saved]) => {
      const { step, value, count } = parseRecord(`${act}, ${key}`, saved);
      return { key, step: Number(step), value: parseValue(`${act}, ${key}`, value), count: Number(count) };
    });
    this.#last.clear();
    this.#series.clear();
    for (const { key, step, value, count } of restored) {
      this.#last.set(key, value);
      this.#series.set(key, { steps: [step], values: [value], count });
    }
  }
}

function parseValue(act: string, value: unknown): MetricData {
  if (typeof value === "number") return value;
  if (value === null) return Number.NaN;
  if (Array.isArray(value)) return parseRows(act, value);
  throw new TypeRefusal(cannot(act, "a number or rows of numbers", value));
}
