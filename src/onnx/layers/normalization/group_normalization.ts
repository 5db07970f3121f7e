import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { reshapeTo } from "../../ops/reshape_to.ts";
import { putChannelsFirst, putChannelsLast } from "../channels_first.ts";
import type { LayerCall } from "../layer_call.ts";

/** Normalises groups of channels of each sample by themselves. */
export interface GroupNormalizationSpec extends LayerCall {
  readonly kind: "groupNormalization";
  /** The layer that owns `gamma` and `beta` [C]. */
  readonly layer: string;
  /** −1 is a group for each channel. */
  readonly groups: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
}

/**
 * [N, …, C]: y = (x − mean) / √(variance + ε) · gamma + beta, mean and variance those of a group of channels of one
 * sample. Channels go first, where the values of a group lie side by side.
 * @throws {RangeError} If the channels are not a multiple of the groups.
 * @see Wu and He 2018, Group Normalization, arXiv:1803.08494
 */
export function convertGroupNormalization(layer: GroupNormalizationSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const isFlat = graph.shapeOf(x).length === 2;
  const first = isFlat ? x : putChannelsFirst(x, graph);
  const shape = graph.shapeOf(first);
  const channels = Number(elementAt(shape, 1));
  const groups = layer.groups === -1 ? channels : layer.groups;
  if (channels % groups !== 0) {
    throw new RangeRefusal(needs("GroupNormalization", `channels in ${groups} groups`, channels));
  }
  const grouped = graph.node("Reshape", [first, graph.integers([-1, groups, countValues(shape) / groups])]);
  const average = (value: ValueName) => graph.node("ReduceMean", [value], { axes: ints([2]), keepdims: int(1) });
  const centred = graph.node("Sub", [grouped, average(grouped)]);
  const variance = average(graph.node("Mul", [centred, centred]));
  const deviation = graph.node("Sqrt", [graph.node("Add", [variance, graph.constant(layer.epsilon)])]);
  const normalized = reshapeTo(graph.node("Div", [centred, deviation]), shape, graph);
  const ofChannels = (name: string) =>
    graph.node("Reshape", [
      graph.parameter(`${layer.layer}/${name}`),
      graph.integers([channels, ...shape.slice(2).map(() => 1)]),
    ]);
  const scaled = layer.scale ? graph.node("Mul", [normalized, ofChannels("gamma")]) : normalized;
  const shifted = layer.center ? graph.node("Add", [scaled, ofChannels("beta")]) : scaled;
  return isFlat ? shifted : putChannelsLast(shifted, graph);
}

/** How many values a sample has. */
function countValues(shape: readonly unknown[]): number {
  return shape.slice(1).reduce<number>((product, length) => product * Number(length), 1);
}
