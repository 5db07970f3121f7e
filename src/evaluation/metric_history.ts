import { findOrCreate } from "../core/find_or_create.ts";
import type { SavedState } from "../core/saved_state.ts";
import { refuse } from "../core/state/field.ts";
import { count, type Field, flag, list, mapByName, number, record } from "../core/state/state.ts";
import { isMatrix, type MetricData } from "./metric_data.ts";
import type { MetricValue } from "./metric_value.ts";

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

const ROWS: Field<readonly (readonly number[])[]> = list(list(number()));

/** A number or a matrix. */
const VALUE: Field<number | readonly (readonly number[])[]> = {
  create: () => Number.NaN,
  save: (value) => (typeof value === "number" ? number().save(value) : ROWS.save(value)),
  restore: (saved, place) => {
    if (Array.isArray(saved)) return ROWS.restore(saved, place, undefined);
    if (saved === null || typeof saved === "object") return refuse(place, "a number or rows of numbers", saved);
    return number().restore(saved, place, undefined);
  },
};

/** The newest values by key. */
const LAST_VALUES = mapByName(
  record({
    step: count(),
    value: VALUE,
    count: count(),
    /** Reported since the place that `saveLast` was given. */
    isRecent: flag(),
  }),
);

/** Keeps every value that was reported, by key. */
export class MetricHistory {
  readonly #last = new Map<string, MetricData>();
  readonly #series = new Map<string, GrowingSeries>();
  /** By key, the place of its newest value among all that were reported, from 1. */
  readonly #places = new Map<string, number>();
  readonly #keepsAll: boolean;
  #length = 0;

  /** @param options.keepsAll False: of each key the newest value alone. Default: true. */
  constructor({ keepsAll = true }: { readonly keepsAll?: boolean } = {}) {
    this.#keepsAll = keepsAll;
  }

  /** How many values were reported: the place that `listLast` takes. */
  get length(): number {
    return this.#length;
  }

  /** Appends what was reported at one event. */
  add(values: readonly MetricValue[]): void {
    for (const { key, value, step } of values) {
      this.#last.set(key, value);
      const series = findOrCreate(this.#series, key, () => ({ steps: [], values: [], count: 0 }));
      if (!this.#keepsAll) series.steps.length = series.values.length = 0;
      series.steps.push(step);
      series.values.push(value);
      series.count += 1;
      this.#length += 1;
      this.#places.set(key, this.#length);
    }
  }

  /**
   * The newest value of every key that was reported since there were `since` values. Default: of all keys. The
   * caller owns the object; matrices in it are borrowed.
   */
  listLast(since = 0): Record<string, MetricData> {
    return Object.fromEntries([...this.#last].filter(([key]) => this.#isRecent(key, since)));
  }

  /** Lists no value as the newest until another is reported. */
  forgetLast(): void {
    this.#last.clear();
  }

  /** The series of every key; they grow while training goes on, and are borrowed. */
  listAll(): Record<string, MetricSeries> {
    return Object.fromEntries(this.#series);
  }

  /**
   * The newest value of every key with its step, how many there were and whether it came after the first `since`
   * values, as plain data that survives JSON. What is neither a number nor a matrix (pictures, parameters) is left out.
   */
  saveLast(since = 0): SavedState {
    const entries = [...this.#series].flatMap(([key, { steps, values, count: reported }]) => {
      if (!this.#last.has(key)) return [];
      const value = values.at(-1) ?? Number.NaN;
      if (typeof value !== "number" && !isMatrix(value)) return [];
      return [
        [key, { step: steps.at(-1) ?? 0, value, count: reported, isRecent: this.#isRecent(key, since) }] as const,
      ];
    });
    return LAST_VALUES.save(new Map(entries));
  }

  /**
   * Takes the newest values from what `saveLast` returned, or from that after a way through JSON; starts anew
   * otherwise.
   * @returns The place for `listLast`, after which come the values that were reported since the place at `saveLast`.
   * @throws {TypeError} If `state` holds anything but steps with numbers or matrices by key.
   */
  restoreLast(state: unknown): number {
    const place = { subject: "the saved state of the last metrics", path: "" };
    const restored = LAST_VALUES.restore(state, place, undefined);
    this.#last.clear();
    this.#series.clear();
    this.#places.clear();
    // Older values take the first places, in any order.
    const older = [...restored.values()].filter(({ isRecent }) => !isRecent).length;
    for (const [key, { step, value, count: reported, isRecent }] of restored) {
      this.#last.set(key, value);
      this.#series.set(key, { steps: [step], values: [value], count: reported });
      this.#places.set(key, isRecent ? older + 1 : older);
    }
    this.#length = restored.size;
    return older;
  }

  #isRecent(key: string, since: number): boolean {
    return (this.#places.get(key) ?? 0) > since;
  }
}
