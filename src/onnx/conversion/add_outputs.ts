import { elementAt } from "../../core/element_at.ts";
import { describeUnknownName, RangeRefusal } from "../../core/errors/errors.ts";
import { int, type OnnxGraph, type OnnxNode, type Shape } from "../file/onnx_model.ts";
import { renameInputs } from "./edit_graph.ts";

/** What the probabilities are called, and what the features. */
const PROBABILITIES_NAME = "probabilities";
const FEATURES_NAME = "features";

/** Operators that multiply features by a matrix: the last of them is the classifier. */
const PRODUCTS: ReadonlySet<string> = new Set(["Gemm", "MatMul"]);

/** The graph with an output `probabilities` [N, C] more: the softmax of its first output. */
export function addProbabilities(graph: OnnxGraph): OnnxGraph {
  const logits = elementAt(graph.outputs, 0);
  const node: OnnxNode = {
    op: "Softmax",
    name: PROBABILITIES_NAME,
    inputs: [logits.name],
    outputs: [PROBABILITIES_NAME],
    attributes: { axis: int(-1) },
  };
  return {
    ...graph,
    nodes: [...graph.nodes, node],
    outputs: [...graph.outputs, { ...logits, name: PROBABILITIES_NAME }],
  };
}

/**
 * The graph with an output `features` more.
 * @param value A value of the graph: values are called as the layers that give them. Default: what the last product of
 * matrices multiplies, or what class means are compared with, so what the classifier sees.
 * @param shape What the value is, where somebody knows.
 * @throws {RangeRefusal} If there is no such value, or no product.
 */
export function addFeatures(
  graph: OnnxGraph,
  { value, shape }: { readonly value?: string; readonly shape: (name: string) => Shape },
): OnnxGraph {
  const name = value ?? findFeatures(graph);
  const made = graph.nodes.flatMap(({ outputs }) => outputs);
  const taken = graph.inputs.map((input) => input.name);
  if (![...made, ...taken].includes(name))
    throw new RangeRefusal(`the ONNX file: ${describeUnknownName("layer or value", name, made)}`);
  const outputs = [...graph.outputs, { name: FEATURES_NAME, dataType: "float32", shape: shape(name) } as const];
  if ([...graph.outputs.map((output) => output.name), ...taken].includes(name)) {
    const copy: OnnxNode = {
      op: "Identity",
      name: FEATURES_NAME,
      inputs: [name],
      outputs: [FEATURES_NAME],
      attributes: {},
    };
    return { ...graph, nodes: [...graph.nodes, copy], outputs };
  }
  const renamed = renameInputs(graph, new Map([[name, FEATURES_NAME]]));
  const nodes = renamed.nodes.map((node) =>
    node.outputs.includes(name)
      ? { ...node, outputs: node.outputs.map((output) => (output === name ? FEATURES_NAME : output)) }
      : node,
  );
  return { ...renamed, nodes, outputs };
}

/** What class means are called that stand behind a network: `head0/means`, `head1/task2/means`. */
const CLASS_MEANS = /(^|\/)head\d+\/(task\d+\/)?means$/;

/** Class means stand in the place of a product. */
function findFeatures({ nodes, initializers }: OnnxGraph): string {
  const means = new Set(initializers.map(({ name }) => name).filter((name) => CLASS_MEANS.test(name)));
  const difference = nodes.find(({ inputs }) => inputs.some((input) => means.has(input)));
  const classifier = difference ?? nodes.findLast(({ op }) => PRODUCTS.has(op));
  if (classifier) return elementAt(classifier.inputs, 0);
  throw new RangeRefusal("the ONNX file has no classifier that multiplies features: features names a value");
}
