import { cannot } from "../../core/errors.ts";
import { tabulateHeadUnits } from "../../core/head_units.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { MultiHeadClassifierSpec } from "../layer_spec.ts";
import { int } from "../onnx_model.ts";
import { sampleShapeOf } from "../shape.ts";
import { maskLogits } from "./mask_logits.ts";

/**
 * Multi-head classifier, features [N, in] and task labels [N] to [N, units]. One Gemm-13 computes all T heads,
 * [N, T · units]; a product with the one-hot labels, summed over the heads, leaves each sample its own. The labels become
 * one-hot by Gather-13 from an identity matrix, because onnxruntime refuses an index outside of it, where OneHot would
 * answer zeros.
 */
export function convertMultiHeadClassifier(
  layer: MultiHeadClassifierSpec,
  inputs: readonly ValueName[],
  graph: GraphBuilder,
): ValueName {
  const [x = "", labels] = inputs;
  if (labels === undefined) throw new RangeError(cannot("choose heads", "task labels as second input", inputs));
  const [features = 0] = sampleShapeOf(graph.shapeOf(x));
  const tasks = layer.headUnits.length;
  const heads = [tasks, Math.max(...layer.headUnits)];
  const columns = heads.reduce((product, length) => product * length, 1);

  const kernel = graph.node("Reshape", [graph.parameter(`${layer.layer}/kernel`), graph.integers([features, columns])]);
  const bias = graph.node("Reshape", [graph.parameter(`${layer.layer}/bias`), graph.integers([columns])]);
  const all = graph.node("Reshape", [graph.node("Gemm", [x, kernel, bias]), graph.integers([-1, ...heads])]);

  const identity = graph.constant(createIdentity(tasks), [tasks, tasks]);
  const chosen = graph.node("Gather", [identity, labels], { axis: int(0) });
  const own = graph.node("Mul", [all, graph.node("Reshape", [chosen, graph.integers([-1, tasks, 1])])]);
  const logits = graph.node("ReduceSum", [own, graph.integers([1])], { keepdims: int(0) });
  if (layer.masking) {
    const active = graph.node("MatMul", [chosen, graph.parameter(`${layer.layer}/active`)]);
    return maskLogits(logits, { active, maskValue: layer.maskValue }, graph);
  }
  const present = graph.constant([...tabulateHeadUnits(layer.headUnits)], heads);
  return graph.node("Mul", [logits, graph.node("MatMul", [chosen, present])]);
}

function createIdentity(size: number): number[] {
  return Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
}
