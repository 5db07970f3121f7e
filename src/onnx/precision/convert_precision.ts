import { elementAt, valueAt } from "../../core/element_at.ts";
import type { Graph, GraphNode, ValueName } from "../graph.ts";
import { readFloat } from "../ops/operands.ts";
import { listCaptures } from "../scan/list_captures.ts";
import { HalfGraph } from "./half_graph.ts";
import { findHalfRule } from "./half_rules.ts";
import { addLossScale, checkGradients } from "./loss_scale_nodes.ts";
import type { HalfPrecision } from "./precision.ts";

/** No factor of float16 makes a step of HardSigmoid: this and larger ones are one. */
const STEP_SLOPE = 65_504;

/**
 * The same graph in half precision: products in half, what follows from them in half, sums, exponentials,
 * normalisations and losses in float32. Inputs and outputs stay float32, so parameters keep all their bits.
 *
 * In float16, gradients are too small for its range: one more input, `lossScale` [], multiplies the loss's gradient,
 * and the gradients of parameters are divided by it. One more output, `overflow` [], is 0 where all gradients are
 * finite, else NaN.
 * @see Micikevicius et al. 2018, Mixed Precision Training, arXiv:1710.03740
 */
export function convertPrecision(graph: Graph, precision: HalfPrecision): Graph {
  const scaled = precision === "float16" ? addLossScale(graph) : { graph, gradients: [] };
  const converted = convertNodes(scaled.graph, precision);
  return precision === "float16" ? checkGradients(converted, scaled.gradients) : converted;
}

function convertNodes(graph: Graph, precision: HalfPrecision): Graph {
  const half = new HalfGraph(graph, precision);
  for (const node of graph.nodes) convertNode(node, half);
  for (const { name } of graph.outputs) half.full(name);
  return { ...graph, nodes: half.nodes, types: half.types };
}

function convertNode(node: GraphNode, graph: HalfGraph): void {
  const { op, inputs, outputs, attributes } = node;
  const floats = inputs.filter((name) => graph.isFloat(name));
  if (op === "Cast" && floats.length === 0 && outputs.every((name) => graph.isFloat(name))) {
    graph.full(elementAt(inputs, 0));
    graph.addCast(node);
    return;
  }
  if (isStep(node) && graph.isHalf(elementAt(inputs, 0))) {
    addStep(node, graph);
    return;
  }
  if (!isHalf(node, floats, graph)) {
    for (const name of [...inputs, ...listCaptures(node)]) graph.full(name);
    graph.addFull(node);
    return;
  }
  // Conversions of the inputs stand before the node.
  const converted = inputs.map((name) => (graph.isFloat(name) ? graph.half(name) : graph.full(name)));
  const named = outputs.map((name) => (graph.isFloat(name) ? graph.nameHalf(name) : name));
  graph.nodes.push({ op, inputs: converted, outputs: named, attributes });
  for (const name of outputs) graph.knowFull(name);
}

function isHalf({ op }: GraphNode, floats: readonly ValueName[], graph: HalfGraph): boolean {
  if (op === "BlockedConv" || op === "BlockChannels" || op === "UnblockChannels") return false;
  switch (findHalfRule(op, graph.precision)) {
    case "half":
      return floats.length > 0;
    case "follows":
      return floats.some((name) => graph.isHalf(name)) && floats.every((name) => graph.mayBeHalf(name));
    case "float32":
      return false;
  }
}

/** 1 where x > 0, else 0. */
function isStep({ op, attributes }: GraphNode): boolean {
  return (
    op === "HardSigmoid" && readFloat(attributes, "alpha", 0) > STEP_SLOPE && readFloat(attributes, "beta", 0.5) === 0
  );
}

/** Sign and Relu: the slope of the step in float32 is none in half. */
function addStep({ inputs, outputs }: GraphNode, graph: HalfGraph): void {
  const [x, y] = [elementAt(inputs, 0), elementAt(outputs, 0)];
  const from = graph.half(x);
  const sign = `${y}/sign`;
  graph.types.set(sign, valueAt(graph.types, from));
  graph.nodes.push({ op: "Sign", inputs: [from], outputs: [sign], attributes: {} });
  graph.nodes.push({ op: "Relu", inputs: [sign], outputs: [graph.nameHalf(y)], attributes: {} });
}
