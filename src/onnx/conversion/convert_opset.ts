import { elementAt } from "../../core/element_at.ts";
import { RangeRefusal } from "../../core/errors/errors.ts";
import { int, ints, type OnnxGraph, type OnnxModel, type OnnxNode, type OnnxTensor } from "../file/onnx_model.ts";
import { createFloats, createNamer, mapInitializers, readIntegers } from "./edit_graph.ts";

/** The versions of ONNX's operators that files can be written in. */
export const OPSETS = { least: 13, most: 21 } as const;

/** The oldest IR version that knows each of them; the newest runtimes read all. */
const IR_VERSIONS = new Map([
  [13, 7],
  [14, 7],
  [15, 8],
  [16, 8],
  [17, 8],
  [18, 8],
  [19, 9],
  [20, 9],
  [21, 10],
]);

/** Reductions whose axes are an attribute before version 18, and an input from then on. */
const REDUCTIONS: ReadonlySet<string> = new Set(["ReduceMax", "ReduceMean"]);

/** What a node becomes in another version, and the constants that it needs. */
interface Rewritten {
  readonly nodes: readonly OnnxNode[];
  readonly tensors?: readonly OnnxTensor[];
}

interface Rewriting {
  readonly from: number;
  readonly to: number;
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly pickName: (wanted: string) => string;
}

/**
 * The model in another version of ONNX's operators, from 13 to 21. Operators whose definition changed in between are
 * rewritten; one that the version does not have is put together from others, or refused.
 * @throws {RangeRefusal} If the version is none of these, or has no operator that the model needs.
 */
export function convertOpset(model: OnnxModel, opset: number): OnnxModel {
  const irVersion = IR_VERSIONS.get(opset);
  if (irVersion === undefined) {
    throw new RangeRefusal(`opset must be a whole number from ${OPSETS.least} to ${OPSETS.most}, got ${opset}`);
  }
  const { graph, opsetVersion: from } = model;
  if (from === opset) return model;
  const rewriting = { from, to: opset, initializers: mapInitializers(graph), pickName: createNamer(graph) };
  const rewritten = graph.nodes.map((node) => rewriteNode(node, rewriting));
  const tensors = rewritten.flatMap((part) => part.tensors ?? []);
  return {
    ...model,
    irVersion: Math.max(irVersion, from > opset ? 0 : model.irVersion),
    opsetVersion: opset,
    graph: {
      ...graph,
      nodes: rewritten.flatMap(({ nodes }) => nodes),
      initializers: [...graph.initializers, ...tensors],
    },
  };
}

function rewriteNode(given: OnnxNode, rewriting: Rewriting): Rewritten {
  const { from, to } = rewriting;
  if (given.domain) return { nodes: [given] };
  const { node, tensors } = rewriteInnerGraphs(given, rewriting);
  if (Object.values(node.attributes).some(({ kind }) => kind === "graph")) return { nodes: [node], tensors };
  if (REDUCTIONS.has(node.op) && from < 18 !== to < 18) {
    return to < 18 ? takeAxesAsAttribute(node, rewriting) : takeAxesAsInput(node, rewriting);
  }
  if (node.op === "Split" && from < 18 && to >= 18 && !node.inputs[1]) {
    return { nodes: [{ ...node, attributes: { ...node.attributes, num_outputs: int(node.outputs.length) } }] };
  }
  if (node.op === "LayerNormalization" && to < 17) return composeLayerNormalization(node, rewriting);
  return { nodes: [withoutNewAttributes(node, to)] };
}

/** The node with the graphs that it runs rewritten; constants go to the graph around it, whose values they may use. */
function rewriteInnerGraphs(
  node: OnnxNode,
  rewriting: Rewriting,
): { readonly node: OnnxNode; readonly tensors: readonly OnnxTensor[] } {
  const tensors: OnnxTensor[] = [];
  const rewriteGraph = (graph: OnnxGraph): OnnxGraph => {
    const initializers = new Map([...rewriting.initializers, ...mapInitializers(graph)]);
    const rewritten = graph.nodes.map((inner) => rewriteNode(inner, { ...rewriting, initializers }));
    tensors.push(...rewritten.flatMap((part) => part.tensors ?? []));
    return { ...graph, nodes: rewritten.flatMap(({ nodes }) => nodes) };
  };
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => [
    name,
    attribute.kind === "graph" ? { ...attribute, value: rewriteGraph(attribute.value) } : attribute,
  ]);
  return { node: { ...node, attributes: Object.fromEntries(attributes) }, tensors };
}

/** Attributes that came with a later version, and what they say where they are left out. */
const NEW_ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AveragePool: { dilations: 19 },
  GRU: { layout: 14 },
  LSTM: { layout: 14 },
  RNN: { layout: 14 },
  Reshape: { allowzero: 14 },
  ScatterElements: { reduction: 16 },
  ScatterND: { reduction: 16 },
};

/** @throws {RangeRefusal} If an attribute that the version does not have says something else than it always does. */
function withoutNewAttributes(node: OnnxNode, to: number): OnnxNode {
  const since = NEW_ATTRIBUTES[node.op] ?? {};
  const isNew = ([name]: readonly [string, unknown]) => (since[name] ?? 0) > to;
  const entries = Object.entries(node.attributes);
  const refused = entries.find((entry) => isNew(entry) && isSet(entry[1]));
  if (refused) throw new RangeRefusal(`opset ${to} has no ${refused[0]} of ${node.op}, which "${node.name}" sets`);
  return { ...node, attributes: Object.fromEntries(entries.filter((entry) => !isNew(entry))) };
}

/** Whether an attribute is other than 0, or a list of ones. */
function isSet(attribute: OnnxNode["attributes"][string]): boolean {
  switch (attribute.kind) {
    case "int":
    case "float":
      return attribute.value !== 0;
    case "ints":
    case "floats":
      return attribute.value.some((value) => value !== 1);
    case "string":
    case "strings":
    case "tensor":
    case "graph":
      return true;
  }
}

function takeAxesAsInput(node: OnnxNode, { pickName }: Rewriting): Rewritten {
  const { axes, ...attributes } = node.attributes;
  if (axes?.kind !== "ints") return { nodes: [node] };
  const tensor = createIntegers(pickName(`${node.name}/axes`), axes.value);
  return { nodes: [{ ...node, inputs: [...node.inputs, tensor.name], attributes }], tensors: [tensor] };
}

function takeAxesAsAttribute(node: OnnxNode, { initializers, to }: Rewriting): Rewritten {
  const [x = "", axes = ""] = node.inputs;
  if (axes === "") return { nodes: [{ ...node, inputs: [x] }] };
  const tensor = initializers.get(axes);
  const { noop_with_empty_axes: _, ...attributes } = node.attributes;
  if (tensor)
    return { nodes: [{ ...node, inputs: [x], attributes: { ...attributes, axes: ints(readIntegers(tensor)) } }] };
  throw new RangeRefusal(`opset ${to} takes the axes of ${node.op} as an attribute, and those of "${node.name}" vary`);
}

/** (x − mean) / √(variance + ε) · scale + bias over the last axes. */
function composeLayerNormalization(node: OnnxNode, { pickName, initializers }: Rewriting): Rewritten {
  const [x = "", scale = "", bias = ""] = node.inputs;
  const { epsilon } = node.attributes;
  // The scale has the lengths of the axes that are normalised: the last ones.
  const axes = ints(elementOf(initializers, scale, node).shape.map((_, i, { length }) => i - length));
  const name = (part: string) => pickName(`${node.name}/${part}`);
  const floor = createFloats(name("epsilon"), [], Float32Array.of(epsilon?.kind === "float" ? epsilon.value : 1e-5));
  const nodes: OnnxNode[] = [];
  const add = (part: string, op: string, inputs: readonly string[], attributes: OnnxNode["attributes"] = {}) => {
    const output = part === "" ? elementAt(node.outputs, 0) : name(part);
    nodes.push({ op, name: output, inputs, outputs: [output], attributes });
    return output;
  };
  const centred = add("centred", "Sub", [x, add("mean", "ReduceMean", [x], { axes })]);
  const variance = add("variance", "ReduceMean", [add("square", "Mul", [centred, centred])], { axes });
  const deviation = add("deviation", "Sqrt", [add("sum", "Add", [variance, floor.name])]);
  const normal = add("normal", "Div", [centred, deviation]);
  const scaled = add(bias === "" ? "" : "scaled", "Mul", [normal, scale]);
  if (bias !== "") add("", "Add", [scaled, bias]);
  return { nodes, tensors: [floor] };
}

function elementOf(initializers: ReadonlyMap<string, OnnxTensor>, name: string, node: OnnxNode): OnnxTensor {
  const tensor = initializers.get(name);
  if (tensor) return tensor;
  throw new RangeRefusal(`"${node.name}" must have a scale that is a tensor of the file`);
}

function createIntegers(name: string, values: readonly number[]): OnnxTensor {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return { name, shape: [values.length], dataType: "int64", bytes };
}
