import { elementAt } from "../../../core/element_at.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { multiply } from "./matrix_rules.ts";

/**
 * Attention as its definition, softmax(Q Kᵀ · scale + mask) V, head by head.
 * @see Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762
 */
export const attentionRules: ImportRules = {
  Attention: (step) => {
    assertAbsent(step, [4, 5, 6]);
    if (step.float("softcap", 0) !== 0) throw step.refuse("softcap has no rule");
    const [heads, keyHeads] = [step.int("q_num_heads", 0), step.int("kv_num_heads", 0)];
    const rank = step.shape(0).length;
    const open = (place: number, count: number) =>
      rank === 4 ? step.value(place) : splitHeads(step, step.value(place), count);
    const q = open(0, heads);
    const count = Number(step.graph.shapeOf(q)[1]);
    const [k, v] = [repeatHeads(step, open(1, keyHeads), count), repeatHeads(step, open(2, keyHeads), count)];
    const masks = [readMask(step, 3), step.int("is_causal", 0) === 1 ? maskFuture(step, q, k) : undefined];
    const y = attend(step, { q, k, v, masks });
    return rank === 4 ? y : joinHeads(step, y);
  },
  "com.microsoft.Attention": (step) => {
    const { graph } = step;
    assertAbsent(step, [3, 4, 5, 6]);
    if (step.ints("qkv_hidden_sizes") || step.int("do_rotary", 0) === 1) {
      throw step.refuse("qkv_hidden_sizes and do_rotary have no rule");
    }
    const product = multiply(step, step.value(0), step.value(1));
    const projected = step.has(2) ? graph.node("Add", [product, step.value(2)]) : product;
    const width = Number(elementAt(graph.shapeOf(projected), 2)) / 3;
    const parts = graph.manyOutputs("Split", [projected, graph.integers([width, width, width])], { axis: int(2) });
    const heads = step.int("num_heads", 1);
    const [q = "", k = "", v = ""] = parts.map((part) => splitHeads(step, part, heads));
    const masks = [step.int("unidirectional", 0) === 1 ? maskFuture(step, q, k) : undefined];
    return joinHeads(step, attend(step, { q, k, v, masks }));
  },
  "com.microsoft.MultiHeadAttention": (step) => {
    const { graph } = step;
    assertAbsent(step, [4, 5, 6, 7, 8, 9]);
    const heads = step.int("num_heads", 1);
    const widths = [0, 1, 2].map((place) => Number(elementAt(step.shape(place), 2)));
    const biases = step.has(3)
      ? graph.manyOutputs("Split", [step.value(3), graph.integers(widths)], { axis: int(0) })
      : [];
    const [q = "", k = "", v = ""] = widths.map((_, place) => {
      const bias = biases[place];
      const value = step.value(place);
      return splitHeads(step, bias === undefined ? value : graph.node("Add", [value, bias]), heads);
    });
    const masks = [step.int("unidirectional", 0) === 1 ? maskFuture(step, q, k) : undefined];
    return joinHeads(step, attend(step, { q, k, v, masks }));
  },
};

function assertAbsent(step: ImportStep, places: readonly number[]): void {
  const given = places.find((place) => step.has(place));
  if (given === undefined) return;
  throw step.refuse(
    `its input ${step.node.inputs[given]} (number ${given + 1}) has no rule: export attention without it`,
  );
}

/** Q [N, H, L, d], K and V [N, H, S, d] to [N, H, L, d]. */
function attend(
  step: ImportStep,
  values: {
    readonly q: ValueName;
    readonly k: ValueName;
    readonly v: ValueName;
    /** What is added to the scores. */
    readonly masks: readonly (ValueName | undefined)[];
  },
): ValueName {
  const { graph } = step;
  const { q, k, v, masks } = values;
  const width = Number(elementAt(graph.shapeOf(q), 3));
  const scale = step.float("scale", 0) || 1 / Math.sqrt(width);
  const scaled = graph.node("Mul", [q, graph.constant(scale)]);
  const turned = graph.node("Transpose", [k], { perm: ints([0, 1, 3, 2]) });
  const scores = masks.reduce<ValueName>(
    (sum, mask) => (mask === undefined ? sum : graph.node("Add", [sum, mask])),
    graph.node("MatMul", [scaled, turned]),
  );
  return graph.node("MatMul", [graph.node("Softmax", [scores], { axis: int(3) }), v]);
}

/** [N, L, H · d] to [N, H, L, d]. */
function splitHeads(step: ImportStep, x: ValueName, heads: number): ValueName {
  const [rows = "N", length = 0, width = 0] = step.graph.shapeOf(x);
  const apart = step.reshape(x, [rows, length, heads, Number(width) / heads]);
  return step.graph.node("Transpose", [apart], { perm: ints([0, 2, 1, 3]) });
}

/** [N, H, L, d] to [N, L, H · d]. */
function joinHeads(step: ImportStep, x: ValueName): ValueName {
  const [rows = "N", heads = 0, length = 0, width = 0] = step.graph.shapeOf(x);
  const turned = step.graph.node("Transpose", [x], { perm: ints([0, 2, 1, 3]) });
  return step.reshape(turned, [rows, length, Number(heads) * Number(width)]);
}

/** Keys and values that several heads share, once for each of them. */
function repeatHeads(step: ImportStep, x: ValueName, wanted: number): ValueName {
  const [rows = "N", heads = 0, length = 0, width = 0] = step.graph.shapeOf(x);
  const repeats = wanted / Number(heads);
  if (repeats === 1) return x;
  const apart = step.reshape(x, [rows, heads, 1, Number(length) * Number(width)]);
  const repeated = step.graph.node("Concat", new Array<ValueName>(repeats).fill(apart), { axis: int(2) });
  return step.reshape(repeated, [rows, wanted, length, width]);
}

/** Truths are 0 and −∞. A mask that is computed may be of truths or of numbers: nothing here tells. */
function readMask(step: ImportStep, place: number): ValueName | undefined {
  if (!step.has(place)) return undefined;
  const known = step.static(place);
  if (!known && !step.weight(place)) throw step.refuse("a mask that is computed has no rule");
  if (!known || known.isFloat) return step.value(place);
  const numbers = (step.numbers(place) ?? []).map((isSeen) => (isSeen ? 0 : Number.NEGATIVE_INFINITY));
  return step.graph.constant(numbers, known.shape);
}

/** −∞ where a key comes after a query. */
function maskFuture({ graph }: ImportStep, q: ValueName, k: ValueName): ValueName {
  const [rows = 0, columns = 0] = [q, k].map((value) => Number(elementAt(graph.shapeOf(value), 2)));
  const mask = Array.from({ length: rows * columns }, (_, i) =>
    i % columns > Math.floor(i / columns) ? Number.NEGATIVE_INFINITY : 0,
  );
  return graph.constant(mask, [rows, columns]);
}
