import type { Shape } from "../file/onnx_model.ts";
import type { GraphNode, ValueName } from "../graph.ts";
import { readFloat } from "../ops/operands.ts";
import { isSameShape } from "../shape.ts";
import type { BlockedGraph } from "./blocked_graph.ts";

/** What has zeros for zeros: the channels that a block is filled up with stay so. */
const KEEPS_ZEROS = new Set<GraphNode["op"]>(["Add", "HardSigmoid", "Identity", "Mul", "Neg", "Relu", "Sub", "Tanh"]);

/** What works element by element, on floats of one shape or on one with single numbers. */
const ELEMENTWISE = new Set<GraphNode["op"]>([
  ...KEEPS_ZEROS,
  ...["Abs", "Clip", "Div", "Elu", "Erf", "Exp", "LeakyRelu", "Max", "Min", "Pow", "Sigmoid", "Softplus", "Sqrt"],
] as GraphNode["op"][]);

/**
 * Adds a node that works element by element in blocks, where one of its operands is there in no other way.
 * @returns False where it is none: nothing is added then.
 */
export function addElementwise(node: GraphNode, graph: BlockedGraph): boolean {
  const { op, inputs, attributes } = node;
  const [y = ""] = node.outputs;
  const shape = graph.shapeOf(y);
  if (!ELEMENTWISE.has(op) || !inputs.some((name) => graph.isOnlyBlocked(name))) return false;
  if (!graph.isFull(y) && !keepsZeros(node)) return false;
  const kinds = inputs.map((name) => describeOperand(name, shape, graph));
  if (kinds.includes("other")) return false;
  if (!kinds.includes("channels")) {
    const operands = inputs.map((name, i) => (kinds[i] === "same" ? graph.block(name) : name));
    graph.addBlocked(op, operands, { attributes, y });
    return true;
  }
  const operands = inputs.map((name, i) => (kinds[i] === "single" ? name : graph.listPlaces(name)));
  const lengths = [-1, ...shape.slice(1).map(Number)];
  const whole = graph.make(op, operands, { shape: ["N"], attributes });
  graph.addBlocked("Reshape", [whole, graph.integers(lengths)], { attributes: {}, y });
  return true;
}

function keepsZeros({ op, attributes }: GraphNode): boolean {
  return KEEPS_ZEROS.has(op) && (op !== "HardSigmoid" || readFloat(attributes, "beta", 0.5) === 0);
}

/** `channels` is a number for each channel, [N, C, 1, 1] or [1, C, 1, 1]. */
function describeOperand(name: ValueName, shape: Shape, graph: BlockedGraph): "same" | "single" | "channels" | "other" {
  const own = graph.shapeOf(name);
  if (own.every((length) => length === 1)) return "single";
  if (isSameShape(own, shape))
    return graph.findBlocked(name) !== undefined || (graph.blocksAll && graph.isFull(name)) ? "same" : "other";
  const isOfChannels = own.length === 4 && own[1] === shape[1] && own[2] === 1 && own[3] === 1;
  return isOfChannels && graph.isFull(name) ? "channels" : "other";
}
