import { elementAt } from "../../core/element_at.ts";
import { findEntry, viewEntry } from "../../core/parameter_layout.ts";
import { type Moments, measureMoments, mergeMoments } from "../../data/moments.ts";
import type { STANDARDIZATION_TENSORS } from "../../onnx/layers/normalization/standardization.ts";
import type { BaseStrategy } from "../loop/base_strategy.ts";

/** Below it, numbers are no normal ones of float32, which some devices take for 0. */
const LEAST_SCALE = 2 ** -126;

/**
 * Adds the samples of the strategy's current experience to what the model's `Standardization` layers know of the data:
 * the mean and the deviation (of all values, not the estimate for more) since training began. An experience that is
 * trained again counts again.
 * @throws {RangeError} If a value is not finite.
 * @see Welford 1962; scikit-learn's StandardScaler.partial_fit
 */
export function adaptStatistics({ cluster, experience }: Pick<BaseStrategy, "cluster" | "experience">): void {
  const { stateLayout } = cluster.model;
  const suffix = "/data_mean";
  for (const { name, size } of stateLayout.entries) {
    if (!name.endsWith(suffix)) continue;
    const layer = name.slice(0, -suffix.length);
    const view = (tensor: keyof typeof STANDARDIZATION_TENSORS) =>
      viewEntry(cluster.state, findEntry(stateLayout, `${layer}/${tensor}`));
    const statistics = {
      mean: view("data_mean"),
      scale: view("data_scale"),
      rest: view("data_rest"),
      count: view("data_count"),
    };
    const moments = mergeMoments(readMoments(statistics), measureMoments(experience.dataset, size));
    if (moments.count > 0) writeMoments(statistics, moments);
  }
}

/** A layer's tensors, live. A float32 has not the digits that sums over a long stream need: two of them nearly do. */
interface Statistics {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  readonly rest: Float32Array;
  readonly count: Float32Array;
}

function readMoments({ mean, rest, count: parts }: Statistics): Moments {
  const count = elementAt(parts, 0) + elementAt(parts, 1);
  const features = mean.length;
  const deviation = (c: number) => elementAt(rest, features + c) + elementAt(rest, 2 * features + c);
  return {
    count,
    mean: Float64Array.from(mean, (value, c) => value + elementAt(rest, c)),
    squares: Float64Array.from(mean, (_, c) => deviation(c) ** 2 * count),
  };
}

function writeMoments({ mean, scale, rest, count: parts }: Statistics, moments: Moments): void {
  const features = mean.length;
  parts.set(splitNumber(moments.count));
  for (const [c, value] of moments.mean.entries()) {
    const deviation = splitNumber(Math.sqrt(elementAt(moments.squares, c) / moments.count));
    [mean[c], rest[c]] = splitNumber(value);
    [rest[features + c], rest[2 * features + c]] = deviation;
    scale[c] = deviation[0] < LEAST_SCALE ? 1 : deviation[0];
  }
}

/** A number as the sum of two of float32. Adding 0 makes −0 what a mean over shards makes of it. */
function splitNumber(value: number): [high: number, low: number] {
  const high = Math.fround(value) + 0;
  return [high, Math.fround(value - high) + 0];
}
