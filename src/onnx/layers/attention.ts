import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { int, ints, type Shape } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { describeShape } from "../shape.ts";
import type { LayerJson } from "../topology/topology_schema.ts";
import type { LayerCall } from "./layer_call.ts";
import type { ClassFamily, Conversion, LayerFamily, Mask, ParameterSpec } from "./layer_definition.ts";
import { passMask } from "./masking.ts";
import { readFlag, readInteger, readNumber, UnsupportedLayerError } from "./read_setting.ts";

/**
 * Attention of several heads over sequences: for H heads of K values for queries and keys and V for values,
 * `query/kernel` [D, H, K], `key/kernel` [E, H, K], `value/kernel` [E, H, V] and `attention_output/kernel` [H, V, D],
 * each with a bias.
 */
export interface AttentionSpec extends LayerCall {
  readonly kind: "attention";
  /** The layer that owns the parameters: shared by all its calls. */
  readonly layer: string;
  readonly heads: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly useBias: boolean;
  /** Of dropping shares of values in training; at least 0, below 1. */
  readonly rate: number;
  /** Counts the model's random layers, from 0, in model order: part of the random key. */
  readonly layerIndex: number;
}

/** Attention over sequences. */
export const attentionLayers = {
  attention: {
    parameters: describeAttention,
    convert: convertAttention,
    dependsOnMode: ({ rate }) => rate > 0,
    mask: passMask,
  },
} satisfies LayerFamily<AttentionSpec>;

/** Its class in Keras. */
export const attentionClasses = {
  MultiHeadAttention: (layer, call, layerIndex) => {
    assertPlain(layer);
    const keySize = readInteger(layer, "key_dim", { minimum: 1 });
    return {
      ...call,
      kind: "attention",
      layer: layer.config.name,
      heads: readInteger(layer, "num_heads", { minimum: 1 }),
      keySize,
      valueSize: readInteger(layer, "value_dim", { minimum: 1, fallback: keySize }),
      useBias: readFlag(layer, "use_bias", true),
      rate: readNumber(layer, "dropout", { minimum: 0, below: 1, fallback: 0 }),
      layerIndex,
    };
  },
} satisfies ClassFamily<AttentionSpec>;

function assertPlain(layer: LayerJson): void {
  const { attention_axes: axes, output_shape: shape } = layer.config;
  if (axes && JSON.stringify([axes].flat()) !== "[1]") {
    throw new UnsupportedLayerError(layer, "its attention_axes must be [1], the times", { byTfjs: false });
  }
  if (shape) throw new UnsupportedLayerError(layer, "it has an output_shape", { byTfjs: false });
}

/** Kernels and biases of the queries, keys, values and outputs, for inputs [N, T, D] and [N, S, E]. */
function describeAttention(layer: AttentionSpec, inputs: readonly Shape[]): ParameterSpec[] {
  const { heads, keySize, valueSize } = layer;
  const [query, value, key] = readInputs(inputs);
  const describe = (name: string, kernel: readonly number[], bias: readonly number[]) => {
    const tensors = [["kernel", kernel] as const, ...(layer.useBias ? [["bias", bias] as const] : [])];
    return tensors.map(([tensor, shape]) => ({ name: `${layer.layer}/${name}/${tensor}`, shape, isTrainable: true }));
  };
  return [
    ...describe("query", [query.width, heads, keySize], [heads, keySize]),
    ...describe("key", [key.width, heads, keySize], [heads, keySize]),
    ...describe("value", [value.width, heads, valueSize], [heads, valueSize]),
    ...describe("attention_output", [heads, valueSize, query.width], [query.width]),
  ];
}

interface Sequence {
  readonly length: number;
  readonly width: number;
}

/** Queries; values, which are the queries where there are no others; and keys, which are the values then. */
function readInputs([query, value = query, key = value, ...others]: readonly Shape[]): [Sequence, Sequence, Sequence] {
  const read = (shape: Shape | undefined): Sequence => {
    const [, length, width, ...rest] = shape ?? [];
    if (typeof length === "number" && typeof width === "number" && rest.length === 0) return { length, width };
    throw new RangeRefusal(needs("attention", "inputs [N, T, D]", describeShape(shape ?? [])));
  };
  const [queries, values, keys] = [read(query), read(value), read(key)];
  if (others.length === 0 && keys.length === values.length) return [queries, values, keys];
  throw new RangeRefusal(needs("attention", "queries, values, and as many keys", others.length + 3));
}

/**
 * [N, T, D] to [N, T, D]: for every head softmax(q · kᵀ / √K) · v, and the product of all heads' results, side by side,
 * with a matrix. Where times do not count, of the values or of those that ask, shares are as of a score of −10⁹.
 * @see Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762
 */
function convertAttention(layer: AttentionSpec, inputs: readonly ValueName[], conversion: Conversion): ValueName {
  const { graph, mode } = conversion;
  const { heads, keySize, valueSize } = layer;
  const [x = "", values = x, keys = values] = inputs;
  const [{ length, width }] = readInputs(inputs.map((input) => graph.shapeOf(input)));
  const project = (name: string, from: ValueName, to: Projection) => projectHeads(layer, { ...to, name, from }, graph);
  const q = project("query", x, { size: keySize, order: [0, 2, 1, 3] });
  const k = project("key", keys, { size: keySize, order: [0, 2, 3, 1] });
  const v = project("value", values, { size: valueSize, order: [0, 2, 1, 3] });
  const scaled = graph.node("Mul", [q, graph.constant(1 / Math.sqrt(keySize))]);
  const scores = hideMasked(graph.node("MatMul", [scaled, k]), conversion);
  const shares = graph.node("Softmax", [scores], { axis: int(3) });
  const result = graph.node("MatMul", [mode === "train" ? drop(layer, shares, graph) : shares, v]);
  const rows = graph.node("Reshape", [
    graph.node("Transpose", [result], { perm: ints([0, 2, 1, 3]) }),
    graph.integers([-1, heads * valueSize]),
  ]);
  const matrix = graph.node("Reshape", [
    graph.parameter(`${layer.layer}/attention_output/kernel`),
    graph.integers([heads * valueSize, width]),
  ]);
  const bias = layer.useBias ? [graph.parameter(`${layer.layer}/attention_output/bias`)] : [];
  const y = graph.node(layer.useBias ? "Gemm" : "MatMul", [rows, matrix, ...bias]);
  return graph.node("Reshape", [y, graph.integers([-1, length, width])]);
}

/** Scores [N, H, T, S] with −10⁹ where the query, the value or the key does not count, as in Keras. */
function hideMasked(scores: ValueName, { graph, masks = [] }: Conversion): ValueName {
  const [ofQuery, ofValue = masks.length === 1 ? ofQuery : undefined, ofKey] = masks;
  const [queries = 0, values = 0] = graph.shapeOf(scores).slice(2).map(Number);
  const spread = (mask: Mask, lengths: readonly number[]) =>
    mask === undefined ? [] : [graph.node("Reshape", [mask, graph.integers([-1, 1, ...lengths])])];
  const [first, ...others] = [
    ...spread(ofQuery, [queries, 1]),
    ...spread(ofValue, [1, values]),
    ...spread(ofKey, [1, values]),
  ];
  if (first === undefined) return scores;
  const isSeen = others.reduce((all, mask) => graph.node("Mul", [all, mask]), first);
  return graph.node("Where", [graph.node("Greater", [isSeen, graph.constant(0)]), scores, graph.constant(HIDDEN)]);
}

const HIDDEN = -1e9;

interface Projection {
  /** Values of a head. */
  readonly size: number;
  /** Into which [N, T, H, size] is brought. */
  readonly order: readonly number[];
}

/** [N, T, D] times a kernel [D, H, size], with its bias, by one Gemm. */
function projectHeads(
  layer: AttentionSpec,
  { name, from, size, order }: Projection & { readonly name: string; readonly from: ValueName },
  graph: GraphBuilder,
): ValueName {
  const [, length = 0, width = 0] = graph.shapeOf(from).map(Number);
  const columns = layer.heads * size;
  const rows = graph.node("Reshape", [from, graph.integers([-1, width])]);
  const reshape = (tensor: string, shape: readonly number[]) =>
    graph.node("Reshape", [graph.parameter(`${layer.layer}/${name}/${tensor}`), graph.integers(shape)]);
  const bias = layer.useBias ? [reshape("bias", [columns])] : [];
  const y = graph.node(layer.useBias ? "Gemm" : "MatMul", [rows, reshape("kernel", [width, columns]), ...bias]);
  const split = graph.node("Reshape", [y, graph.integers([-1, length, layer.heads, size])]);
  return graph.node("Transpose", [split], { perm: ints(order) });
}

/** Dropout of shares [N, H, T, S]. */
function drop({ name, rate, layerIndex }: AttentionSpec, shares: ValueName, graph: GraphBuilder): ValueName {
  if (rate === 0) return shares;
  const type = { shape: graph.shapeOf(shares), dataType: "float32" } as const;
  const mask = graph.input(`${name}/mask`, type, { kind: "noise", noise: { kind: "dropout", rate }, layerIndex });
  return graph.node("Mul", [shares, mask]);
}
