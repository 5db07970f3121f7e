import { int, type OnnxTensor, type ValueType } from "../file/onnx_model.ts";
import type { Graph, GraphInput, GraphNode, GraphOutput, ValueName } from "../graph.ts";

const SCALAR: ValueType = { shape: [], dataType: "float32" };
/** The names of the input and of the output that float16 adds to a graph of gradients. */
const [LOSS_SCALE, OVERFLOW] = ["lossScale", "overflow"];
/** Inputs that all gradients are proportional to. */
const SEEDS = new Set<GraphInput["role"]["kind"]>(["weights", "outputGradient"]);

/** A graph with an input for the loss scale, and the gradients that it divides by it. */
export interface ScaledGraph {
  readonly graph: Graph;
  readonly gradients: readonly ValueName[];
}

/**
 * Multiplies what all gradients are proportional to by the input `lossScale`, and divides the gradients by it. A graph
 * without gradients stays as it is.
 */
export function addLossScale(graph: Graph): ScaledGraph {
  const gradients = graph.outputs.flatMap(({ name, role }) => (role.kind === "gradient" ? [name] : []));
  if (gradients.length === 0) return { graph, gradients };
  const types = new Map(graph.types).set(LOSS_SCALE, SCALAR);
  const renamed = new Map<ValueName, ValueName>();
  const rename = (name: ValueName, to: ValueName): ValueName => {
    types.set(to, graph.types.get(name) ?? SCALAR);
    renamed.set(name, to);
    return to;
  };
  const multiply = graph.inputs
    .filter(({ role }) => SEEDS.has(role.kind))
    .map(({ name }) => createNode("Mul", [name, LOSS_SCALE], rename(name, `${name}/scaled`)));
  const divide = gradients.map((name) => createNode("Div", [rename(name, `${name}/scaled`), LOSS_SCALE], name));
  const swap = (name: ValueName) => renamed.get(name) ?? name;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(swap),
    outputs: node.outputs.map(swap),
  }));
  const inputs = [...graph.inputs, { name: LOSS_SCALE, ...SCALAR, role: { kind: "lossScale" } as const }];
  return { graph: { ...graph, inputs, types, nodes: [...multiply, ...nodes, ...divide] }, gradients };
}

/** Adds the output `overflow`: the sum of all gradients times 0, which is NaN where one is not finite. */
export function checkGradients(graph: Graph, gradients: readonly ValueName[]): Graph {
  if (gradients.length === 0) return graph;
  const types = new Map(graph.types).set(OVERFLOW, SCALAR);
  const zero: OnnxTensor = { name: `${OVERFLOW}/zero`, ...SCALAR, shape: [], bytes: new Uint8Array(4) };
  types.set(zero.name, SCALAR);
  const nodes: GraphNode[] = [];
  let sum = "";
  for (const [i, name] of gradients.entries()) {
    const [nought, part] = [`${OVERFLOW}/nought ${i}`, `${OVERFLOW}/part ${i}`];
    types.set(nought, graph.types.get(name) ?? SCALAR);
    nodes.push(createNode("Mul", [name, zero.name], nought));
    types.set(part, SCALAR);
    nodes.push({ ...createNode("ReduceSum", [nought], part), attributes: { keepdims: int(0) } });
    const total = i === gradients.length - 1 ? OVERFLOW : `${OVERFLOW}/sum ${i}`;
    types.set(total, SCALAR);
    nodes.push(sum === "" ? createNode("Identity", [part], total) : createNode("Add", [sum, part], total));
    sum = total;
  }
  const output: GraphOutput = { name: OVERFLOW, ...SCALAR, role: { kind: "overflow" } };
  const { constants, outputs } = graph;
  return {
    ...graph,
    types,
    nodes: [...graph.nodes, ...nodes],
    constants: [...constants, zero],
    outputs: [...outputs, output],
  };
}

function createNode(op: GraphNode["op"], inputs: readonly ValueName[], output: ValueName): GraphNode {
  return { op, inputs, outputs: [output], attributes: {} };
}
