import { cannot, RangeRefusal } from "../../core/errors.ts";
import type { Shape } from "../file/onnx_model.ts";
import { resolveAxis, sampleShapeOf } from "../shape.ts";
import type { BatchNormalizationSpec, LayerNormalizationSpec } from "../specs/normalization_spec.ts";
import type { ParameterSpec } from "../specs/parameter_spec.ts";
import { countGates, type RecurrentCell } from "../specs/recurrent_spec.ts";
import type { EmbeddingSpec, LearnedReluSpec } from "../specs/sequence_layer_spec.ts";

/** gamma and beta [C], moving mean and variance [C] without gradients, for an input [N, …, C]. */
export function describeBatchNormalization(layer: BatchNormalizationSpec, input: Shape): ParameterSpec[] {
  const channels = input.at(-1);
  if (typeof channels !== "number") {
    throw new RangeRefusal(cannot(`size layer "${layer.name}"`, "an input [N, …, channels]", input));
  }
  const moving = ["moving_mean", "moving_variance"].map((name) => ({
    name: `${layer.layer}/${name}`,
    shape: [channels],
    isTrainable: false,
  }));
  return [...describeScaleAndShift(layer, [channels]), ...moving];
}

/** gamma and beta of the lengths of the layer's axes, in the layer's own order. */
export function describeLayerNormalization(layer: LayerNormalizationSpec, input: Shape): ParameterSpec[] {
  const lengths = layer.axes.map((axis) => Number(input[resolveAxis(axis, input.length)]));
  if (lengths.some(Number.isNaN)) {
    throw new RangeRefusal(cannot(`size layer "${layer.name}"`, "axes other than the batch's", layer.axes));
  }
  return describeScaleAndShift(layer, lengths);
}

/** The table [size, units]. */
export function describeEmbedding({ layer, size, units }: EmbeddingSpec): ParameterSpec[] {
  return [{ name: `${layer}/embeddings`, shape: [size, units], isTrainable: true }];
}

/** alpha of the samples' shape, 1 along the shared axes. */
export function describeLearnedRelu({ layer, sharedAxes }: LearnedReluSpec, input: Shape): ParameterSpec[] {
  const shape = sampleShapeOf(input).map((length, i) => (sharedAxes.includes(i + 1) ? 1 : length));
  return [{ name: `${layer}/alpha`, shape, isTrainable: true }];
}

/** kernel [F, gates · units], recurrent_kernel [units, gates · units], bias [gates · units], for an input [N, T, F]. */
export function describeRecurrentCell(cell: RecurrentCell, input: Shape): ParameterSpec[] {
  const features = input[2];
  if (typeof features !== "number") {
    throw new RangeRefusal(cannot(`size layer "${cell.layer}"`, "an input [N, T, features]", input));
  }
  const width = countGates(cell.cell) * cell.units;
  const describe = (name: string, shape: number[]) => ({ name: `${cell.layer}/${name}`, shape, isTrainable: true });
  const kernels = [describe("kernel", [features, width]), describe("recurrent_kernel", [cell.units, width])];
  return cell.useBias ? [...kernels, describe("bias", [width])] : kernels;
}

function describeScaleAndShift(
  { layer, scale, center }: BatchNormalizationSpec | LayerNormalizationSpec,
  shape: readonly number[],
): ParameterSpec[] {
  const names = [...(scale ? ["gamma"] : []), ...(center ? ["beta"] : [])];
  return names.map((name) => ({ name: `${layer}/${name}`, shape, isTrainable: true }));
}
