import type * as tf from "@tensorflow/tfjs";
import { createQuadraticPenalty, type QuadraticPenalty } from "../../cluster/penalty.ts";
import type { ParameterLayout } from "../../core/parameter_layout.ts";
import { listRegularizers, type WeightRegularizer } from "../../engine/tfjs/regularizers.ts";
import type { StrategyPlugin } from "../loop/strategy_plugin.ts";

/** A regulariser, and where its weight lies in the parameters. */
interface PlacedRegularizer extends WeightRegularizer {
  readonly start: number;
  readonly end: number;
}

/**
 * Adds what a model's layers ask for to every training step, l1 · Σ|w| + l2 · Σ w² for each regularised weight that is
 * trained: its gradient to the step's, its value to the loss. Empty for a model without regularisers.
 * @throws {RangeError} If a layer asks for something else.
 */
export function createRegularization(model: tf.LayersModel): StrategyPlugin[] {
  const regularizers = listRegularizers(model);
  if (regularizers.length === 0) return [];
  let penalty: QuadraticPenalty | undefined;
  let layout: ParameterLayout | undefined;
  let placed: readonly PlacedRegularizer[] = [];
  const plugin: StrategyPlugin = {
    name: "Regularization",
    traits: [],
    beforeTrainingIteration: (strategy) => {
      const { cluster } = strategy;
      const { model: current, parameters } = cluster;
      penalty ??= createQuadraticPenalty(current.layout.size);
      cluster.penalties.add(penalty);
      if (layout !== current.layout) placed = placeRegularizers(regularizers, current);
      layout = current.layout;
      for (const one of placed) writeRegularizer(one, penalty, parameters);
    },
  };
  return [plugin];
}

/** Weights that are frozen have no place, and cost nothing. */
function placeRegularizers(
  regularizers: readonly WeightRegularizer[],
  { layout }: { readonly layout: ParameterLayout },
): PlacedRegularizer[] {
  return regularizers.flatMap((regularizer) => {
    const entry = layout.entries.find(({ name }) => name === regularizer.weight);
    return entry ? [{ ...regularizer, start: entry.offset, end: entry.offset + entry.size }] : [];
  });
}

/** The penalty Σ aw² − 2bw with a = l2 and b = −l1/2 · sign(w) has the regulariser's value and gradient at w. */
function writeRegularizer(
  { l1, l2, start, end }: PlacedRegularizer,
  { a, b }: Pick<QuadraticPenalty, "a" | "b">,
  parameters: Float32Array,
): void {
  a.fill(l2, start, end);
  if (l1 === 0) return;
  for (let i = start; i < end; i++) b[i] = (-l1 / 2) * Math.sign(parameters[i] ?? 0);
}
