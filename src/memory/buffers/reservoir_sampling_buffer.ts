import { elementAt } from "../../core/element_at.ts";
import { assertWholeNumber, needs, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { required, wholeNumber } from "../../core/options/value_rules.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import type { DataSource } from "../../data/data_source.ts";
import { Dataset } from "../../data/dataset.ts";
import { restoreDataset, saveDataset } from "../../data/saved_dataset.ts";
import type { BufferState, BufferUpdateSource, ExemplarsBuffer, ReservoirState } from "./exemplars_buffer.ts";

const RESERVOIR_RULES: OptionRules<{ readonly maxSize: number }> = { maxSize: required(wholeNumber(1)) };

/**
 * An exactly uniform sample of everything seen: each sample draws a key, and those with the highest keys stay (Vitter
 * 1985, Random sampling with a reservoir; the keys after Efraimidis and Spirakis 2006). The buffer is in the order of
 * its keys, highest first.
 */
export class ReservoirSamplingBuffer implements ExemplarsBuffer {
  #maxSize: number;
  #seen = 0;
  #samples = Dataset.empty();
  /** One a sample, descending. */
  #keys = new Float64Array(0);

  /** @throws {RangeError} If `maxSize` is not a whole number of at least 1. */
  constructor(options: { readonly maxSize: number }) {
    assertOptions("ReservoirSamplingBuffer", options, RESERVOIR_RULES);
    this.#maxSize = options.maxSize;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  get buffer(): Dataset {
    return this.#samples;
  }

  /** How many samples were offered so far. */
  get seen(): number {
    return this.#seen;
  }

  update({ experience, randomStreams }: BufferUpdateSource): void {
    this.updateFromDataset(experience.dataset, randomStreams.get("buffer"));
  }

  /** Takes in every sample of `dataset` once; draws one number a sample. */
  updateFromDataset(dataset: Dataset, random: RandomStream): void {
    const drawn = new Float64Array(dataset.length);
    for (let i = 0; i < drawn.length; i++) drawn[i] = random.uniform();
    this.#seen += drawn.length;
    const isFull = this.#keys.length === this.#maxSize;
    const accepted = rankAbove(drawn, isFull ? elementAt(this.#keys, this.#keys.length - 1) : -1).subarray(
      0,
      this.#maxSize,
    );
    // Most small updates of a full reservoir change nothing, and cost nothing more.
    if (accepted.length > 0) this.#merge(dataset.subset(accepted), drawn, accepted);
  }

  resize(newSize: number): void {
    assertWholeNumber("ReservoirSamplingBuffer", "newSize", newSize, 1);
    this.#maxSize = newSize;
    if (newSize >= this.#keys.length) return;
    const kept = Int32Array.from({ length: newSize }, (_, position) => position);
    this.#samples = this.#samples.subset(kept).dropUnusedSources();
    this.#keys = this.#keys.slice(0, newSize);
  }

  save(): ReservoirState {
    const samples = saveDataset(this.#samples);
    return { kind: "reservoir", maxSize: this.#maxSize, seen: this.#seen, samples, keys: this.#keys.slice() };
  }

  restore(state: BufferState, sources: ReadonlyMap<string, DataSource>): void {
    if (state.kind !== "reservoir") {
      throw new TypeRefusal(needs("the reservoir", 'a state of kind "reservoir"', state.kind));
    }
    if (state.keys.length !== state.samples.rows.length) {
      throw new RangeRefusal(needs("the reservoir", "one key a sample", state.keys.length));
    }
    this.#samples = restoreDataset(state.samples, sources);
    this.#keys = Float64Array.from(state.keys);
    this.#maxSize = state.maxSize;
    this.#seen = state.seen;
  }

  /** Merges two rankings, and keeps the first `maxSize`. `ranked` holds the samples `accepted` in that order. */
  #merge(ranked: Dataset, drawn: Float64Array, accepted: Int32Array): void {
    const old = this.#keys;
    const length = Math.min(this.#maxSize, old.length + accepted.length);
    const positions = new Int32Array(length);
    const keys = new Float64Array(length);
    for (let i = 0, fromOld = 0, fromNew = 0; i < length; i++) {
      const oldKey = old[fromOld] ?? -1;
      const newKey = fromNew < accepted.length ? (drawn[accepted[fromNew] ?? 0] ?? -1) : -1;
      keys[i] = Math.max(oldKey, newKey);
      if (oldKey >= newKey) positions[i] = fromOld++;
      else positions[i] = old.length + fromNew++;
    }
    this.#samples = Dataset.concat([this.#samples, ranked]).subset(positions).dropUnusedSources();
    this.#keys = keys;
  }
}

/** Positions of the keys above `threshold`, highest key first. */
function rankAbove(keys: Float64Array, threshold: number): Int32Array {
  let count = 0;
  const positions = new Int32Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    if ((keys[i] ?? 0) > threshold) positions[count++] = i;
  }
  return positions.subarray(0, count).sort((a, b) => (keys[b] ?? 0) - (keys[a] ?? 0));
}
