import { elementAt } from "../../../core/element_at.ts";
import { float, int } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { normalizeByBatch } from "../../layers/normalization/normalize_by_batch.ts";
import { multiplyDimensions } from "../../shape.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";

/** Normalisation by the batch. */
export const batchNormalizationRules: ImportRules = { BatchNormalization: normalizeBatch };

/**
 * By the batch in training, where its scale is trained; by the moving statistics, which then stay, otherwise. Moving
 * variances take n / (n − 1) times the batch's variance, n the values of a channel, as PyTorch's and Keras's kernels do
 * and ONNX's BatchNormalization-14 does not: networks that are trained on have learnt theirs so.
 */
function normalizeBatch(step: ImportStep): readonly ValueName[] {
  const { graph } = step;
  const [x, gamma, beta] = [step.value(0), step.value(1), step.value(2)];
  const epsilon = step.float("epsilon", 1e-5);
  const [mean, variance] = [step.weight(3), step.weight(4)];
  const isTrained = step.weight(1)?.isTrainable ?? false;
  if (step.mode === "eval" || !isTrained || !mean || !variance) {
    const moving =
      mean && variance ? [graph.state(mean.name), graph.state(variance.name)] : [step.value(3), step.value(4)];
    return [graph.node("BatchNormalization", [x, gamma, beta, ...moving], { epsilon: float(epsilon) })];
  }
  requireSpread(step, x);
  const normalized = normalizeByBatch({ x, gamma, beta, channelAxis: 1, epsilon }, graph);
  const unbiased = graph.node("Mul", [normalized.variance, correctBias(x, graph)]);
  const share = 1 - step.float("momentum", 0.9);
  moveAverage({ name: mean.name, batch: normalized.mean, share }, graph);
  moveAverage({ name: variance.name, batch: unbiased, share }, graph);
  return [normalized.y];
}

/** The variance of a single value is 0, and what becomes of it is the bias, whatever it was. */
function requireSpread({ graph, node }: ImportStep, x: ValueName): void {
  const others = graph.shapeOf(x).filter((_, axis) => axis !== 1);
  if (multiplyDimensions(others) !== "N") return;
  const name = node.name || node.outputs[0];
  graph.requireRows({ rows: 2, reason: `BatchNormalization (${name}) normalizes by the batch's variance` });
}

/** n / (n − 1), n the values of x [N, C, …] in a channel. */
function correctBias(x: ValueName, graph: GraphBuilder): ValueName {
  const channels = Number(elementAt(graph.shapeOf(x), 1));
  const size = graph.node("Cast", [graph.node("Size", [x])], { to: int(FLOAT) });
  return graph.node("Div", [size, graph.node("Sub", [size, graph.constant(channels)])]);
}

/** ONNX's number for float32. */
const FLOAT = 1;

function moveAverage(
  { name, batch, share }: { readonly name: string; readonly batch: ValueName; readonly share: number },
  graph: GraphBuilder,
): void {
  const old = graph.state(name);
  const change = graph.node("Mul", [graph.node("Sub", [old, batch]), graph.constant(share)]);
  graph.updateState(name, graph.node("Sub", [old, change]));
}
