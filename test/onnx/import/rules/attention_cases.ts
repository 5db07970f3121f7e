import { type Attributes, float, int } from "../../../../src/onnx/file/onnx_model.ts";
import { bool, float32, type ImportCase, node, type Operand, several, single, weight } from "./import_case.ts";

interface AttentionSettings {
  readonly x: readonly number[];
  /** Widths of queries, and of keys and values; undefined takes the samples as they are. */
  readonly widths?: readonly [number, number];
  readonly attributes?: Attributes;
  readonly mask?: Operand;
}

/** Attention of what weights make of the samples. */
function attention(rule: string, about: string, settings: AttentionSettings): ImportCase {
  const { x, widths, attributes = {}, mask } = settings;
  const width = x.at(-1) ?? 0;
  const small = { scale: 0.5 };
  const [ofQueries, ofKeys] = widths ?? [width, width];
  const operands: Record<string, Operand> = {
    "q.weight": weight([width, ofQueries], small),
    "k.weight": weight([width, ofKeys], small),
    "v.weight": weight([width, ofKeys], small),
    ...(mask ? { mask } : {}),
  };
  return several(rule, about, {
    x,
    opset: 23,
    operands,
    nodes: [
      ...["q", "k", "v"].map((name) => node("MatMul", ["x", `${name}.weight`], { outputs: [name] })),
      node(rule, ["q", "k", "v", ...(mask ? ["mask"] : [])], { attributes }),
    ],
  });
}

const HEADS = { q_num_heads: int(2), kv_num_heads: int(2) };
const [NO, YES] = [false, true];

/** Attention of ONNX and of onnxruntime. */
export const ATTENTION_CASES: readonly ImportCase[] = [
  attention("Attention", "heads side by side", { x: [2, 3, 4], attributes: HEADS }),
  attention("Attention", "heads on an axis of their own, scaled", {
    x: [2, 2, 3, 4],
    attributes: { scale: float(0.7) },
  }),
  attention("Attention", "not into the future", { x: [2, 3, 4], attributes: { ...HEADS, is_causal: int(1) } }),
  attention("Attention", "fewer heads of keys", {
    x: [2, 3, 4],
    widths: [8, 4],
    attributes: { q_num_heads: int(4), kv_num_heads: int(2) },
  }),
  attention("Attention", "masked by numbers", {
    x: [2, 3, 4],
    attributes: HEADS,
    mask: float32([0, -1, 2, 0.5, 0, 0, 1, -3, 0], [3, 3]),
  }),
  attention("Attention", "masked by truths", {
    x: [2, 3, 4],
    attributes: HEADS,
    mask: bool([YES, NO, YES, YES, YES, NO, NO, YES, YES], [3, 3]),
  }),
  single("com.microsoft.Attention", "with a bias", {
    x: [2, 3, 4],
    operands: [weight([4, 12], { scale: 0.5 }), weight([12], { scale: 0.5 })],
    attributes: { num_heads: int(2) },
  }),
  single("com.microsoft.Attention", "not into the future", {
    x: [2, 3, 4],
    operands: [weight([4, 12], { scale: 0.5 }), weight([12], { scale: 0.5 })],
    attributes: { num_heads: int(2), unidirectional: int(1) },
  }),
  attention("com.microsoft.MultiHeadAttention", "plain", { x: [2, 3, 4], attributes: { num_heads: int(2) } }),
  attention("com.microsoft.MultiHeadAttention", "with a bias", {
    x: [2, 3, 4],
    attributes: { num_heads: int(2) },
    mask: weight([12], { scale: 0.5 }),
  }),
];
