import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal, TypeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { flag } from "../../../core/options/value_rules.ts";
import { count, declareState } from "../../../core/state/state.ts";
import type { CountedLayer, CountedModel, LayerShape, LayerShapes } from "../../counted_model.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricFamily, type MetricFamilyOptions } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";

/**
 * Multiplications with a following addition that a model needs for one sample: those of its dense layers, convolutions
 * (each output value multiplies the whole window over all input channels that it sees) and growing heads. Layers that
 * only add, scale or compare are not counted.
 */
export class MAC implements Metric<number> {
  readonly #state = declareState("a count of multiplications", { count: count() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /**
   * Counts a model's.
   * @throws {RangeError} If a layer's output depends on more than the batch.
   */
  update(model: CountedModel): void {
    this.#state.count = countMultiplyAccumulates(model);
  }

  result(): number {
    return this.#state.count;
  }
}

/**
 * Multiplications with a following addition for one sample, over all calls of all layers.
 * @throws {RangeError} If a layer's output depends on more than the batch.
 */
export function countMultiplyAccumulates({ layers }: CountedModel): number {
  return layers.reduce((sum, layer) => {
    const { layers: inner } = layer;
    return sum + (inner ? countMultiplyAccumulates({ layers: inner }) : countLayer(layer));
  }, 0);
}

function countLayer(layer: CountedLayer): number {
  const kernels = layer.weights.filter(({ name }) => isKernel(name));
  const sizes = kernels.map(({ shape }) => shape.reduce<number>((product, length) => product * (length ?? 1), 1));
  const size = sizes.reduce((sum, each) => sum + each, 0);
  // Only the head of the sample's own task computes; the kernel of a multi-head classifier is [tasks, in, units].
  const heads = layer.getClassName() === "MultiHeadClassifier" ? Number(elementAt(elementAt(kernels, 0).shape, 0)) : 1;
  return (size / heads) * countPlaces(layer, size > 0);
}

/** Weights of TF.js are called "layer/kernel", "layer/depthwise_kernel" …, with "_1" behind where a name was taken. */
function isKernel(weight: string): boolean {
  return /(?:^|\/)(?:depthwise_|pointwise_)?kernel(?:_\d+)?$/.test(weight);
}

/** At how many places each number of a layer's kernels is multiplied, over all its calls. */
function countPlaces(layer: CountedLayer, isCounted: boolean): number {
  if (!isCounted) return 0;
  // A transposed convolution multiplies at every place of its input.
  const isTransposed = layer.getClassName().endsWith("Transpose");
  return layer.inboundNodes.reduce((sum, { inputShapes, outputShapes }) => {
    const shape = takeFirst(isTransposed ? inputShapes : outputShapes);
    const places = isChannelsFirst(layer) ? shape.slice(2) : shape.slice(1, -1);
    return sum + places.reduce<number>((product, length) => product * assertKnown(layer, shape, length), 1);
  }, 0);
}

function assertKnown({ name }: CountedLayer, shape: LayerShape, length: number | null): number {
  if (length !== null) return length;
  throw new RangeRefusal(needs("the count of multiplications", `fixed lengths besides the batch in ${name}`, shape));
}

function takeFirst(shapes: LayerShapes): LayerShape {
  return isList(shapes) ? elementAt(shapes, 0) : shapes;
}

function isList(shapes: LayerShapes): shapes is readonly LayerShape[] {
  return Array.isArray(shapes[0]);
}

function isChannelsFirst(layer: CountedLayer): boolean {
  const config = layer.getConfig();
  return "dataFormat" in config && config.dataFormat === "channelsFirst";
}

/**
 * Multiplications with a following addition that the model needs for one sample: `MAC_MB`, `MAC_Epoch`, `MAC_Exp`.
 * Departs from Avalanche, which leaves out that a convolution sees several input channels.
 */
export function macMetrics(options: Pick<MetricFamilyOptions, "minibatch" | "epoch" | "experience">): PluginMetric[] {
  assertOptions("macMetrics", options, { minibatch: flag(), epoch: flag(), experience: flag() });
  const names = { name: "MAC" };
  const { minibatch = false, epoch = false, experience = false } = options;
  return createMetricFamily({ minibatch, epoch, experience }, names, () => {
    const metric = new MAC();
    let counted: EvaluatedStrategy["model"];
    const update = ({ model }: EvaluatedStrategy) => {
      if (!model)
        throw new TypeRefusal(needs("the count of multiplications", "a strategy that shows its model", model));
      // A model that grows is a new one; the same one needs the same.
      if (model === counted && metric.result() > 0) return;
      counted = model;
      metric.update(model);
    };
    return { metric, update };
  });
}
