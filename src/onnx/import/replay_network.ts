import { describeCause, RangeRefusal } from "../../core/errors/errors.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { cutParts } from "./cutting/cut_parts.ts";
import { type ImportedValue, ImportStep, type StepContext } from "./import_step.ts";
import type { ImportedNetwork, ImportedNode } from "./imported_network.ts";
import { explainMissing } from "./missing_operators.ts";
import type { RowIndices, StaticTensor } from "./onnx_source.ts";
import { IMPORT_RULES } from "./rules/import_rules.ts";
import { foldStatic } from "./static/fold_static.ts";
import { foldRowIndices } from "./static/row_indices.ts";
import { isStaticOperator } from "./static/static_operators.ts";

/** Where a network is added. */
export interface Replay {
  /** What the names of its weights begin with. */
  readonly layer: string;
  /** Its input [N, …], axes as in the file. */
  readonly x: ValueName;
  readonly mode: "train" | "eval";
  /** Told of every node what values of the graph it has become. */
  readonly onNode?: (node: ImportedNode, values: readonly ValueName[]) => void;
  /** Told of every value of the file what is known of it. */
  readonly onValue?: (name: string, value: ImportedValue) => void;
}

/**
 * Adds an imported network to a graph and gives its output. What follows from shapes alone is worked out here, with the
 * number of rows left open.
 * @throws {RangeError} If a node has no rule, or a shape stays unknown; the message names the node.
 */
export function replayNetwork(network: ImportedNetwork, replay: Replay, graph: GraphBuilder): ValueName {
  const { layer, x, mode, onNode, onValue } = replay;
  const values = new Map<string, ImportedValue>([[network.input.name, { kind: "value", name: x }]]);
  for (const [name, value] of cutParts(network, x, graph)) values.set(name, { kind: "value", name: value });
  for (const [name, tensor] of Object.entries(network.statics)) values.set(name, { kind: "static", tensor });
  for (const { name, isTrainable, order } of network.weights) {
    values.set(name, { kind: "weight", name, isTrainable, ...(order ? { order } : {}) });
  }
  const find = (name: string): ImportedValue => {
    const value = values.get(name);
    if (value) return value;
    throw new RangeRefusal(`nothing before it makes its input ${JSON.stringify(name)}`);
  };
  const context: StepContext = { graph, mode, opset: network.opset, layer, find };
  for (const node of network.nodes) {
    const before = graph.nodes.length;
    for (const [name, value] of replayNode(node, context)) values.set(name, value);
    onNode?.(
      node,
      graph.nodes.slice(before).flatMap(({ outputs }) => outputs),
    );
  }
  for (const [name, value] of values) onValue?.(name, value);
  const end = find(network.output);
  if (end.kind === "value") return end.name;
  throw new RangeRefusal(`its output ${network.output} does not depend on its input`);
}

/** "Conv (layer1/conv, value_3)": the operator, its name and its first output. */
export function describeNode({ op, name, outputs: [first = ""] }: ImportedNode): string {
  return `${op} (${name === "" || name === first ? first : `${name}, ${first}`})`;
}

function replayNode(node: ImportedNode, context: StepContext): [string, ImportedValue][] {
  const [first = ""] = node.outputs;
  const step = new ImportStep(node, context);
  try {
    const rows = foldRows(step);
    if (rows) return [[first, { kind: "rows", rows }]];
    const tensor = fold(step);
    if (tensor) return [[first, { kind: "static", tensor }]];
    if (node.op === "Identity" || node.op === "Dropout") return [[first, context.find(node.inputs[0] ?? "")]];
    const rule = IMPORT_RULES[node.op];
    if (!rule) throw new RangeRefusal(explainMissing(node.op));
    const outputs = rule(step);
    const names = typeof outputs === "string" ? [outputs] : outputs;
    return names.map((name, i) => [node.outputs[i] ?? "", { kind: "value", name }]);
  } catch (cause) {
    throw new RangeRefusal(`Cannot import ${describeNode(node)}: ${describeCause(cause)}`, { cause });
  }
}

/** What a node gives where numbers grow from row to row. */
function foldRows(step: ImportStep): RowIndices | undefined {
  const places = step.node.inputs.map((_, place) => place);
  if (step.node.op !== "Range" && !places.some((place) => step.rows(place))) return undefined;
  return foldRowIndices(
    step,
    places.map((place) => step.rows(place) ?? step.static(place)),
  );
}

/** What a node gives where its inputs are numbers, or where shapes alone decide. */
function fold(step: ImportStep): StaticTensor | undefined {
  const { node } = step;
  if (node.op === "Shape" && !step.static(0)) {
    const lengths = step.shape(0).slice(step.int("start", 0), step.int("end", Number.MAX_SAFE_INTEGER));
    return { isFloat: false, shape: [lengths.length], values: lengths };
  }
  const inputs = node.inputs.map((_, place) => step.static(place));
  if (!isStaticOperator(node.op) || inputs.some((tensor, place) => !tensor && step.has(place))) return undefined;
  return foldStatic({
    op: node.op,
    inputs,
    int: (name, fallback) => step.int(name, fallback),
    ints: (name) => step.ints(name),
    float: (name, fallback) => step.float(name, fallback),
  });
}
