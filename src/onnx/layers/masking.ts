import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { describeShape } from "../shape.ts";
import type { LayerCall } from "./layer_call.ts";
import {
  type ClassFamily,
  type Conversion,
  type LayerFamily,
  type Mask,
  never,
  noParameters,
} from "./layer_definition.ts";
import { readNumber } from "./read_setting.ts";

/** Times of [N, T, …, C] of which all values are `value` become zeros, and do not count for the layers behind. */
export interface MaskingSpec extends LayerCall {
  readonly kind: "masking";
  readonly value: number;
}

/** What says which times count. */
export const maskingLayers = {
  masking: {
    parameters: noParameters,
    convert: ({ value }, [x = ""], { graph }) => {
      const isSeen = markSeen(x, value, { keepsAxis: true }, graph);
      return graph.node("Mul", [x, isSeen]);
    },
    dependsOnMode: never,
    mask: ({ value }, [x = ""], { graph }) => markSeen(x, value, { keepsAxis: false }, graph),
  },
} satisfies LayerFamily<MaskingSpec>;

/** Their class in TF.js. */
export const maskingClasses = {
  Masking: (layer, call) => ({ ...call, kind: "masking", value: readNumber(layer, "mask_value", { fallback: 0 }) }),
} satisfies ClassFamily<MaskingSpec>;

/** The mask of a layer that does the same at every time: that of its input. */
export function passMask(_layer: LayerCall, _inputs: readonly ValueName[], { masks: [mask] = [] }: Conversion): Mask {
  return mask;
}

/** 1 where x is another value than this one, else 0. */
export function markOthers(x: ValueName, value: number, graph: GraphBuilder): ValueName {
  const difference = value === 0 ? x : graph.node("Sub", [x, graph.constant(value)]);
  const isOther = graph.node("Greater", [graph.node("Abs", [difference]), graph.constant(0)]);
  return graph.node("Cast", [isOther], { to: int(FLOAT) });
}

/** [N, T] to [N, T, 1], to be multiplied by x [N, T, C]. @throws {RangeError} If x is of another rank. */
export function spreadMask(mask: ValueName, x: ValueName, graph: GraphBuilder): ValueName {
  const [times] = graph.shapeOf(mask).slice(1);
  if (graph.shapeOf(x).length === 3 && graph.shapeOf(mask).length === 2 && typeof times === "number") {
    return graph.node("Reshape", [mask, graph.integers([-1, times, 1])]);
  }
  throw new RangeRefusal(needs("a masked sequence", "the shape [N, T, C]", describeShape(graph.shapeOf(x))));
}

/** 1 for times of [N, T, …, C] of which some value is another than this one: [N, T, …], or [N, T, …, 1]. */
function markSeen(
  x: ValueName,
  value: number,
  { keepsAxis }: { readonly keepsAxis: boolean },
  graph: GraphBuilder,
): ValueName {
  const axes = ints([graph.shapeOf(x).length - 1]);
  return graph.node("ReduceMax", [markOthers(x, value, graph)], { axes, keepdims: int(keepsAxis ? 1 : 0) });
}

/** The format's number for float32. */
const FLOAT = 1;
