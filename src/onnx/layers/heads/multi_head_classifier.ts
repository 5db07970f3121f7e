import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { tabulateHeadUnits } from "../../../core/head_units.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { sampleShapeOf } from "../../shape.ts";
import { guardLabels } from "../guard_ids.ts";
import type { Conversion } from "../layer_definition.ts";
import { type MaskedHead, maskLogits } from "./mask_logits.ts";

/**
 * A linear classifier with a head a task label; its second input are the labels [N]. The kernel is [tasks, in, units].
 */
export interface MultiHeadClassifierSpec extends MaskedHead {
  readonly kind: "multiHeadClassifier";
  /** True where all rows of a batch have one label, so that one head is all that is computed. */
  readonly sharesTask: boolean;
  /** The width of each head, by task label; 0 where there is none. */
  readonly headUnits: readonly number[];
}

/**
 * Multi-head classifier, features [N, in] and task labels [N] to [N, units], from a kernel [T, in, units].
 * @throws {RangeError} If there are no task labels.
 */
export function convertMultiHeadClassifier(
  layer: MultiHeadClassifierSpec,
  inputs: readonly ValueName[],
  { graph, isExport = false }: Conversion,
): ValueName {
  const [x = "", given] = inputs;
  if (given === undefined)
    throw new RangeRefusal(needs("the multi-head classifier", "task labels as second input", inputs));
  const labels = isExport ? guardLabels(given, layer.headUnits.length, graph) : given;
  const [logits, choose] = layer.sharesTask
    ? addOneHead(layer, { x, labels }, graph)
    : addAllHeads(layer, { x, labels }, graph);
  if (layer.masking) {
    const active = choose(graph.parameter(`${layer.layer}/active`));
    return maskLogits(logits, { active, maskValue: layer.maskValue }, graph);
  }
  return graph.node("Mul", [
    logits,
    choose(graph.constant([...tabulateHeadUnits(layer.headUnits)], shapeHeads(layer))),
  ]);
}

/** Unmasked logits [N, units], and what takes a row's part [N, units] or [1, units] of a table [T, units]. */
type ChosenHeads = readonly [logits: ValueName, choose: (table: ValueName) => ValueName];

interface HeadInputs {
  readonly x: ValueName;
  readonly labels: ValueName;
}

/** The head of the first row's label, for all rows: its part of the kernel by Gather-13, then one Gemm-13. */
function addOneHead(layer: MultiHeadClassifierSpec, { x, labels }: HeadInputs, graph: GraphBuilder): ChosenHeads {
  const [features = 0] = sampleShapeOf(graph.shapeOf(x));
  const [, units = 0] = shapeHeads(layer);
  const label = graph.node("Gather", [labels, graph.integers([0])], { axis: int(0) });
  const choose = (table: ValueName) => graph.node("Gather", [table, label], { axis: int(0) });
  const kernel = choose(graph.parameter(`${layer.layer}/kernel`));
  const bias = choose(graph.parameter(`${layer.layer}/bias`));
  return [graph.node("Gemm", [x, graph.node("Reshape", [kernel, graph.integers([features, units])]), bias]), choose];
}

/**
 * One Gemm-13 for all T heads, [N, T · units]; a product with the one-hot labels, summed over the heads, leaves each
 * row its own. The labels become one-hot by Gather-13 from an identity matrix, because onnxruntime refuses an index
 * outside of it, where OneHot would answer zeros.
 */
function addAllHeads(layer: MultiHeadClassifierSpec, { x, labels }: HeadInputs, graph: GraphBuilder): ChosenHeads {
  const [features = 0] = sampleShapeOf(graph.shapeOf(x));
  const [tasks = 0, units = 0] = shapeHeads(layer);
  const columns = tasks * units;
  const byFeature = graph.node("Transpose", [graph.parameter(`${layer.layer}/kernel`)], { perm: ints([1, 0, 2]) });
  const kernel = graph.node("Reshape", [byFeature, graph.integers([features, columns])]);
  const bias = graph.node("Reshape", [graph.parameter(`${layer.layer}/bias`), graph.integers([columns])]);
  const all = graph.node("Reshape", [graph.node("Gemm", [x, kernel, bias]), graph.integers([-1, tasks, units])]);

  const identity = graph.constant(createIdentity(tasks), [tasks, tasks]);
  const chosen = graph.node("Gather", [identity, labels], { axis: int(0) });
  const own = graph.node("Mul", [all, graph.node("Reshape", [chosen, graph.integers([-1, tasks, 1])])]);
  const logits = graph.node("ReduceSum", [own, graph.integers([1])], { keepdims: int(0) });
  return [logits, (table) => graph.node("MatMul", [chosen, table])];
}

/** [T, units] */
function shapeHeads({ headUnits }: MultiHeadClassifierSpec): number[] {
  return [headUnits.length, Math.max(...headUnits)];
}

function createIdentity(size: number): number[] {
  return Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
}
