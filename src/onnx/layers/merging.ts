import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { Operator } from "../ops/operator.ts";
import { describeShape, resolveAxis, sampleShapeOf } from "../shape.ts";
import type { LayerCall } from "./layer_call.ts";
import {
  type ClassFamily,
  type Conversion,
  type LayerFamily,
  type Mask,
  never,
  noParameters,
} from "./layer_definition.ts";
import { spreadMask } from "./masking.ts";
import { readAxes, readChoice, readFlag, readNumber } from "./read_setting.ts";

const OPERATIONS = ["add", "subtract", "multiply", "average", "maximum", "minimum"] as const;

/** Elementwise, of two or more inputs; a difference is of two. */
interface MergeSpec extends LayerCall {
  readonly kind: "merge";
  readonly operation: (typeof OPERATIONS)[number];
  readonly masking?: Masking;
}

/** Joins its inputs along an axis, counted with the batch as axis 0. */
interface ConcatenateSpec extends LayerCall {
  readonly kind: "concatenate";
  readonly axis: number;
  readonly masking?: Masking;
}

/**
 * Which times count behind a layer of Keras's: those that count in any input, all of them where one input has no mask
 * (Keras 3), or those that count in all inputs (Keras 2). Left out where nobody knows: masks must be the same then.
 */
type Masking = "any" | "all";

/** Sums of products of two inputs along an axis of each, sample by sample. */
interface DotSpec extends LayerCall {
  readonly kind: "dot";
  /** Of either input, counted with the batch as axis 0; negative ones from the end. */
  readonly axes: readonly [number, number];
  /** True divides both by their lengths first: the cosine of their angle. */
  readonly isNormalized: boolean;
}

/** Any layer of several inputs. */
export type MergingLayerSpec = MergeSpec | ConcatenateSpec | DotSpec;

/** Layers of several inputs. None has parameters. */
export const mergingLayers = {
  merge: {
    parameters: noParameters,
    convert: convertMerge,
    dependsOnMode: never,
    mask: ({ masking }, _, { graph, masks = [] }) =>
      masking ? combineMasks(masking, masks, graph) : takeSharedMask(masks),
  },
  concatenate: {
    parameters: noParameters,
    convert: (layer, inputs, { graph }) => convertConcatenate(layer, inputs, graph),
    dependsOnMode: never,
    mask: joinMasks,
  },
  dot: {
    parameters: noParameters,
    convert: (layer, inputs, { graph }) => convertDot(layer, inputs, graph),
    dependsOnMode: never,
  },
} satisfies LayerFamily<MergingLayerSpec>;

/** Their classes in TF.js. */
export const mergingClasses = {
  Add: (_, call) => ({ ...call, kind: "merge", operation: "add" }),
  Subtract: (_, call) => ({ ...call, kind: "merge", operation: "subtract" }),
  Multiply: (_, call) => ({ ...call, kind: "merge", operation: "multiply" }),
  Average: (_, call) => ({ ...call, kind: "merge", operation: "average" }),
  Maximum: (_, call) => ({ ...call, kind: "merge", operation: "maximum" }),
  Minimum: (_, call) => ({ ...call, kind: "merge", operation: "minimum" }),
  Concatenate: (layer, call) => ({ ...call, kind: "concatenate", axis: readNumber(layer, "axis", { fallback: -1 }) }),
  KerasMerge: (layer, call) => {
    const masking = readChoice(layer, "masking", ["any", "all"]);
    if (layer.config.operation === "concatenate") {
      return { ...call, kind: "concatenate", axis: readNumber(layer, "axis", { fallback: -1 }), masking };
    }
    return { ...call, kind: "merge", operation: readChoice(layer, "operation", OPERATIONS), masking };
  },
  Dot: (layer, call) => {
    const axes = readAxes(layer, "axes", [-1]);
    const isNormalized = readFlag(layer, "normalize", false);
    return { ...call, kind: "dot", axes: [elementAt(axes, 0), elementAt(axes, axes.length - 1)], isNormalized };
  },
} satisfies ClassFamily<MergingLayerSpec>;

const OPERATOR_OF: Readonly<Record<MergeSpec["operation"], Operator>> = {
  add: "Add",
  subtract: "Sub",
  average: "Add",
  multiply: "Mul",
  maximum: "Max",
  minimum: "Min",
};

/**
 * Add-14, Sub-14, Mul-14, Max-13 or Min-13 of two or more values, two by two; an average is their sum times 1/count.
 */
function convertMerge(layer: MergeSpec, inputs: readonly ValueName[], { graph, masks = [] }: Conversion): ValueName {
  const [first, ...others] = inputs;
  if (first === undefined || others.length === 0) {
    throw new RangeRefusal(needs("the merge layer", "two inputs or more", inputs.length));
  }
  if (layer.operation === "subtract" && others.length > 1) {
    throw new RangeRefusal(needs("Subtract", "two inputs", inputs.length));
  }
  if (layer.masking === "any" && masks.some((mask) => mask !== undefined)) {
    if (layer.operation === "multiply") return multiplySeen(inputs, masks, graph);
    if (layer.operation === "maximum" || layer.operation === "minimum") {
      return compareSeen(OPERATOR_OF[layer.operation], { inputs, masks }, graph);
    }
  }
  const merged = others.reduce((sum, other) => graph.node(OPERATOR_OF[layer.operation], [sum, other]), first);
  if (layer.operation !== "average") return merged;
  return graph.node("Mul", [merged, graph.constant(1 / inputs.length)]);
}

/** Products as Keras 3 has them: filling counts as 1, and is 0 where all inputs have masks and none sees a time. */
function multiplySeen(inputs: readonly ValueName[], masks: readonly Mask[], graph: GraphBuilder): ValueName {
  const one = graph.constant(1);
  const factors = inputs.map((x, i) => {
    const mask = masks[i];
    return mask === undefined ? x : choose(spreadMask(mask, x, graph), [x, one], graph);
  });
  const product = factors.reduce((all, factor) => graph.node("Mul", [all, factor]));
  const seen = combineMasks("any", masks, graph);
  return seen === undefined ? product : graph.node("Mul", [product, spreadMask(seen, product, graph)]);
}

/** The largest or smallest values as Keras 3 has them: where one of two is filling, it is the other that counts. */
function compareSeen(
  operator: Operator,
  { inputs, masks }: { readonly inputs: readonly ValueName[]; readonly masks: readonly Mask[] },
  graph: GraphBuilder,
): ValueName {
  let [output, seen]: readonly [ValueName, Mask] = [elementAt(inputs, 0), masks[0]];
  for (const [i, x] of [...inputs.entries()].slice(1)) {
    const mask = masks[i];
    const other = mask === undefined ? x : choose(spreadMask(mask, x, graph), [x, output], graph);
    if (seen !== undefined) output = choose(spreadMask(seen, x, graph), [output, other], graph);
    seen = combineMasks("any", [seen, mask], graph);
    output = graph.node(operator, [output, other]);
  }
  return output;
}

/** a where a mask of ones and zeros is 1, else b. */
function choose(mask: ValueName, [a, b]: readonly [ValueName, ValueName], graph: GraphBuilder): ValueName {
  const isSeen = graph.node("Greater", [mask, graph.constant(0.5)]);
  return graph.node("Where", [isSeen, a, b]);
}

/** Which times count behind a layer of Keras's. */
function combineMasks(masking: Masking, masks: readonly Mask[], graph: GraphBuilder): Mask {
  const given = masks.filter((mask) => mask !== undefined);
  if (masking === "any" && given.length < masks.length) return undefined;
  const [first, ...others] = new Set(given);
  if (first === undefined) return undefined;
  return others.reduce((all, mask) => graph.node(masking === "any" ? "Max" : "Mul", [all, mask]), first);
}

/** @throws {RangeError} If the masks differ. */
function takeSharedMask([first, ...others]: readonly Mask[]): Mask {
  if (others.every((mask) => mask === first)) return first;
  throw new RangeRefusal(needs("the merge layer", WANTED_MASKS, "several"));
}

const WANTED_MASKS = "inputs with the same mask, or none, as Keras's versions differ in what they make of others";

/** Times count that count in all inputs, or in any; along the times, masks are joined as the values are. */
function joinMasks(layer: ConcatenateSpec, inputs: readonly ValueName[], { graph, masks = [] }: Conversion): Mask {
  const [first, ...others] = new Set(masks.filter((mask) => mask !== undefined));
  if (first === undefined) return undefined;
  const rank = graph.shapeOf(elementAt(inputs, 0)).length;
  const axis = resolveAxis(layer.axis, rank);
  if (axis === rank - 1) {
    if (layer.masking !== undefined || others.length === 0) return combineMasks(layer.masking ?? "all", masks, graph);
    throw new RangeRefusal(needs("Concatenate", WANTED_MASKS, "several"));
  }
  const given = masks.filter((mask) => mask !== undefined);
  if (axis === 1 && given.length === inputs.length) return graph.node("Concat", given, { axis: int(1) });
  throw new RangeRefusal(needs("Concatenate along the times", "a mask with each of its inputs", given.length));
}

/** Concat-13 along an axis of the samples. */
function convertConcatenate(layer: ConcatenateSpec, inputs: readonly ValueName[], graph: GraphBuilder): ValueName {
  const rank = graph.shapeOf(elementAt(inputs, 0)).length;
  const axis = resolveAxis(layer.axis, rank);
  if (axis === 0) throw new RangeRefusal(needs("Concatenate", "an axis other than the batch's", layer.axis));
  return graph.node("Concat", inputs, { axis: int(axis) });
}

/**
 * Dot: for each sample the product of two matrices, [N, a, k] · [N, k, b] to [N, a, b], with their axes brought into
 * that order: MatMul-13. Inputs [N, k] are matrices of one row or column, and their axis goes again; two of them give
 * [N, 1].
 * @throws {RangeError} If the inputs are not two of rank 2 or 3, or differ in length along their axes.
 */
function convertDot(layer: DotSpec, inputs: readonly ValueName[], graph: GraphBuilder): ValueName {
  const [a = "", b = ""] = inputs;
  if (inputs.length !== 2) throw new RangeRefusal(needs("the product", "two inputs", inputs.length));
  const [left, right] = [toMatrix(a, layer.axes[0], graph), toMatrix(b, layer.axes[1], graph)];
  const read = ({ value }: Matrix) => (layer.isNormalized ? normalize(value, graph) : value);
  const product = graph.node("MatMul", [read(left), transpose(read(right), graph)]);
  const lengths = [...left.rest, ...right.rest];
  return graph.node("Reshape", [product, graph.integers([-1, ...(lengths.length > 0 ? lengths : [1])])]);
}

interface Matrix {
  /** [N, rows, k] */
  readonly value: ValueName;
  /** The lengths of the sample's other axes. */
  readonly rest: readonly number[];
}

function toMatrix(x: ValueName, axis: number, graph: GraphBuilder): Matrix {
  const shape = graph.shapeOf(x);
  const at = resolveAxis(axis, shape.length);
  const lengths = sampleShapeOf(shape);
  const rest = lengths.toSpliced(at - 1, 1);
  if (at === 0 || lengths.length > 2) {
    throw new RangeRefusal(needs("Dot", "an input [N, k] or [N, a, k]", describeShape(shape)));
  }
  if (lengths.length === 2) return { value: at === 2 ? x : transpose(x, graph), rest };
  return { value: graph.node("Reshape", [x, graph.integers([-1, 1, ...lengths])]), rest };
}

function transpose(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Transpose", [x], { perm: ints([0, 2, 1]) });
}

/** x / √max(Σ x², 10⁻⁷) along the last axis: TF.js's bound. */
function normalize(x: ValueName, graph: GraphBuilder): ValueName {
  const sum = graph.node("ReduceSum", [graph.node("Mul", [x, x]), graph.integers([2])], { keepdims: int(1) });
  return graph.node("Div", [x, graph.node("Sqrt", [graph.node("Max", [sum, graph.constant(1e-7)])])]);
}
