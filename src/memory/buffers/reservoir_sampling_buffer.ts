import { assertWholeNumber, needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { required, wholeNumber } from "../../core/options/value_rules.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { readSaved } from "../../core/state/field.ts";
import { count, float64Vector, kind, record } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { datasetField, type SourcesByName } from "../../data/saved_dataset.ts";
import { CountedSources } from "./counted_sources.ts";
import type { BufferUpdateSource, ExemplarsBuffer } from "./exemplars_buffer.ts";
import { Ranking } from "./ranking.ts";

const RESERVOIR_RULES: OptionRules<{ readonly maxSize: number }> = { maxSize: required(wholeNumber(1)) };

/** A reservoir as it is saved. */
const RESERVOIR = record({
  kind: kind("reservoir"),
  maxSize: count(),
  seen: count(),
  samples: datasetField(),
  /** One a sample, descending. */
  keys: float64Vector(),
});

/**
 * An exactly uniform sample of everything seen: each sample draws a key, and those with the highest keys stay (Vitter
 * 1985, Random sampling with a reservoir; the keys after Efraimidis and Spirakis 2006). The buffer is in the order of
 * its keys, highest first. What an update costs hardly grows with the buffer.
 */
export class ReservoirSamplingBuffer implements ExemplarsBuffer {
  #maxSize: number;
  #seen = 0;
  #ranking = Ranking.empty();
  #sources = new CountedSources();
  #samples: Dataset | undefined;

  /** @throws {RangeError} If `maxSize` is not a whole number of at least 1. */
  constructor(options: { readonly maxSize: number }) {
    assertOptions("ReservoirSamplingBuffer", options, RESERVOIR_RULES);
    this.#maxSize = options.maxSize;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  get buffer(): Dataset {
    this.#samples ??= new Dataset(this.#sources.used, this.#ranking);
    return this.#samples;
  }

  /** How many samples were offered so far. */
  get seen(): number {
    return this.#seen;
  }

  update({ experience, randomStreams }: BufferUpdateSource): void {
    this.updateFromDataset(experience.dataset, randomStreams.get("buffer"));
  }

  /**
   * Takes in every sample of `dataset` once; draws one number a sample.
   * @throws {RangeError} If its targets are of another kind than those before.
   */
  updateFromDataset(dataset: Dataset, random: RandomStream): void {
    const drawn = new Float64Array(dataset.length);
    for (let i = 0; i < drawn.length; i++) drawn[i] = random.uniform();
    this.#seen += drawn.length;
    const isFull = this.#ranking.length === this.#maxSize;
    const accepted = rankAbove(drawn, isFull ? this.#ranking.lowestKey : -1).subarray(0, this.#maxSize);
    // Most small updates of a full reservoir change nothing, and cost nothing more.
    if (accepted.length === 0) return;
    const added = dataset.subset(accepted);
    this.#sources.add(added);
    const keys = Float64Array.from(accepted, (position) => drawn[position] ?? 0);
    this.#ranking = this.#ranking.insert({ ...added.references, keys });
    this.#cutTo(this.#maxSize);
  }

  resize(newSize: number): void {
    assertWholeNumber("ReservoirSamplingBuffer", "newSize", newSize, 1);
    this.#maxSize = newSize;
    if (newSize < this.#ranking.length) this.#cutTo(newSize);
  }

  save(): SavedState {
    const [maxSize, seen, samples] = [this.#maxSize, this.#seen, this.buffer];
    return RESERVOIR.save({ kind: "reservoir", maxSize, seen, samples, keys: this.#ranking.collectKeys() });
  }

  restore(saved: unknown, context: SourcesByName): void {
    const { maxSize, seen, samples, keys } = readSaved(RESERVOIR, saved, { owner: "a reservoir", context });
    if (keys.length !== samples.length) {
      throw new RangeRefusal(needs("the reservoir", "one key a sample", keys.length));
    }
    this.#maxSize = maxSize;
    this.#seen = seen;
    this.#ranking = Ranking.from({ ...samples.references, keys });
    this.#sources = new CountedSources();
    this.#sources.add(samples);
    this.#samples = undefined;
  }

  /** Keeps the first `length` samples. */
  #cutTo(length: number): void {
    const { kept, dropped } = this.#ranking.cut(length);
    this.#ranking = kept;
    for (const { sourceIds } of dropped) this.#sources.remove(sourceIds);
    this.#samples = undefined;
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
