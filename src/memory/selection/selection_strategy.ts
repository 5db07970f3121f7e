import { elementAt, valueAt } from "../../core/element_at.ts";
import { needs, TypeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { callback, flag, text } from "../../core/options/value_rules.ts";
import { hashSeed, mixBits } from "../../core/random_stream.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { BufferUpdateSource } from "../buffers/exemplars_buffer.ts";
import { normalizeRows, rankByDistance, selectByHerding } from "./feature_selection.ts";

/** Decides which samples of a group a `ParametricBuffer` keeps. */
export interface SelectionStrategy {
  /** Positions of the `count` samples to keep, the most wanted first; of all, where there are fewer. */
  select(samples: Dataset, count: number, source: BufferUpdateSource): Int32Array | Promise<Int32Array>;
}

/** Where a selection finds its features. */
export interface FeatureOptions {
  /** The layer whose answers are compared. Default: the one before the last. */
  readonly layerName?: string;
  /** Computes features [N, F] instead of the model; the caller owns the result. */
  readonly extractFeatures?: (samples: Dataset) => Promise<HostTensor>;
  /** Whether every sample's features are brought to length 1 first. Default: false. */
  readonly normalize?: boolean;
}

const FEATURE_RULES: OptionRules<FeatureOptions> = {
  layerName: text(),
  extractFeatures: callback(),
  normalize: flag(),
};

/**
 * Every sample of a group is kept with the same odds, whenever it came: each has a key of its own, worked out from the
 * run's seed, and the lowest keys stay. Avalanche draws anew from what is held and what comes, which favours the new.
 */
export class RandomExemplarsSelectionStrategy implements SelectionStrategy {
  /** @throws {TypeError} If it is given an option: there are none. */
  constructor(options: Readonly<Record<string, never>> = {}) {
    assertOptions("RandomExemplarsSelectionStrategy", options, {});
  }

  select(samples: Dataset, count: number, { randomStreams }: BufferUpdateSource): Int32Array {
    const { sourceIds, rows } = samples.references;
    const bases = new Map<number, number>();
    for (const [id, { name }] of samples.sources) bases.set(id, hashSeed(randomStreams.seed, `selection of ${name}`));
    const keys = Int32Array.from(rows, (row, i) => mixBits(valueAt(bases, elementAt(sourceIds, i)) + mixBits(row)));
    const order = Int32Array.from(keys, (_, i) => i).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
    return order.slice(0, count);
  }
}

/**
 * Herding: one sample after another, each the one that brings the mean of those chosen nearest to the group's mean
 * feature.
 * @see Welling 2009, Herding dynamical weights to learn, ICML; as in Rebuffi et al. 2017, iCaRL, arXiv:1611.07725
 */
export class HerdingSelectionStrategy implements SelectionStrategy {
  readonly #options: FeatureOptions;

  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: FeatureOptions = {}) {
    assertOptions("HerdingSelectionStrategy", options, FEATURE_RULES);
    this.#options = options;
  }

  async select(samples: Dataset, count: number, source: BufferUpdateSource): Promise<Int32Array> {
    return selectByHerding(await readFeatures(samples, this.#options, source), count);
  }
}

/** The samples whose features are nearest to the group's mean feature. */
export class ClosestToCenterSelectionStrategy implements SelectionStrategy {
  readonly #options: FeatureOptions;

  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: FeatureOptions = {}) {
    assertOptions("ClosestToCenterSelectionStrategy", options, FEATURE_RULES);
    this.#options = options;
  }

  async select(samples: Dataset, count: number, source: BufferUpdateSource): Promise<Int32Array> {
    return rankByDistance(await readFeatures(samples, this.#options, source)).slice(0, count);
  }
}

async function readFeatures(
  samples: Dataset,
  options: FeatureOptions,
  source: BufferUpdateSource,
): Promise<HostTensor> {
  const { layerName, extractFeatures, normalize } = options;
  const extract = extractFeatures ?? ((given) => source.extractFeatures?.(given, layerName));
  const features = await extract(samples);
  if (features) return normalize ? normalizeRows(features) : features;
  throw new TypeRefusal(needs("the selection", "a strategy that computes features", source));
}
