import { elementAt } from "../../core/element_at.ts";
import { assertWholeNumber, needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { required, wholeNumber } from "../../core/options/value_rules.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { count, declareState, float64Vector, kind } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { datasetField } from "../../data/saved_dataset.ts";
import type { BufferUpdateSource, ExemplarsBuffer } from "./exemplars_buffer.ts";

const RESERVOIR_RULES: OptionRules<{ readonly maxSize: number }> = { maxSize: required(wholeNumber(1)) };

/**
 * An exactly uniform sample of everything seen: each sample draws a key, and those with the highest keys stay (Vitter
 * 1985, Random sampling with a reservoir; the keys after Efraimidis and Spirakis 2006). The buffer is in the order of
 * its keys, highest first.
 */
export class ReservoirSamplingBuffer implements ExemplarsBuffer {
  readonly #state = declareState(
    "a reservoir",
    {
      kind: kind("reservoir"),
      maxSize: count(),
      seen: count(),
      samples: datasetField(),
      /** One a sample, descending. */
      keys: float64Vector(),
    },
    { check: assertKeys },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** @throws {RangeError} If `maxSize` is not a whole number of at least 1. */
  constructor(options: { readonly maxSize: number }) {
    assertOptions("ReservoirSamplingBuffer", options, RESERVOIR_RULES);
    this.#state.maxSize = options.maxSize;
  }

  get maxSize(): number {
    return this.#state.maxSize;
  }

  get buffer(): Dataset {
    return this.#state.samples;
  }

  /** How many samples were offered so far. */
  get seen(): number {
    return this.#state.seen;
  }

  update({ experience, randomStreams }: BufferUpdateSource): void {
    this.updateFromDataset(experience.dataset, randomStreams.get("buffer"));
  }

  /** Takes in every sample of `dataset` once; draws one number a sample. */
  updateFromDataset(dataset: Dataset, random: RandomStream): void {
    const drawn = new Float64Array(dataset.length);
    for (let i = 0; i < drawn.length; i++) drawn[i] = random.uniform();
    this.#state.seen += drawn.length;
    const isFull = this.#state.keys.length === this.#state.maxSize;
    const accepted = rankAbove(drawn, isFull ? elementAt(this.#state.keys, this.#state.keys.length - 1) : -1).subarray(
      0,
      this.#state.maxSize,
    );
    // Most small updates of a full reservoir change nothing, and cost nothing more.
    if (accepted.length > 0) this.#merge(dataset.subset(accepted), drawn, accepted);
  }

  resize(newSize: number): void {
    assertWholeNumber("ReservoirSamplingBuffer", "newSize", newSize, 1);
    this.#state.maxSize = newSize;
    if (newSize >= this.#state.keys.length) return;
    const kept = Int32Array.from({ length: newSize }, (_, position) => position);
    this.#state.samples = this.#state.samples.subset(kept).dropUnusedSources();
    this.#state.keys = this.#state.keys.slice(0, newSize);
  }

  /** Merges two rankings, and keeps the first `maxSize`. `ranked` holds the samples `accepted` in that order. */
  #merge(ranked: Dataset, drawn: Float64Array, accepted: Int32Array): void {
    const old = this.#state.keys;
    const length = Math.min(this.#state.maxSize, old.length + accepted.length);
    const positions = new Int32Array(length);
    const keys = new Float64Array(length);
    for (let i = 0, fromOld = 0, fromNew = 0; i < length; i++) {
      const oldKey = old[fromOld] ?? -1;
      const newKey = fromNew < accepted.length ? (drawn[accepted[fromNew] ?? 0] ?? -1) : -1;
      keys[i] = Math.max(oldKey, newKey);
      if (oldKey >= newKey) positions[i] = fromOld++;
      else positions[i] = old.length + fromNew++;
    }
    this.#state.samples = Dataset.concat([this.#state.samples, ranked]).subset(positions).dropUnusedSources();
    this.#state.keys = keys;
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

function assertKeys({ samples, keys }: { readonly samples: Dataset; readonly keys: Float64Array }): void {
  if (keys.length === samples.length) return;
  throw new RangeRefusal(needs("the reservoir", "one key a sample", keys.length));
}
