import { elementAt } from "../../../core/element_at.ts";
import { RangeRefusal } from "../../../core/errors/errors.ts";
import { countElements } from "../../../core/host_tensor.ts";
import { convertOpset, OPSETS } from "../../conversion/convert_opset.ts";
import { foldConstants } from "../../conversion/fold_constants.ts";
import { nameValues } from "../../conversion/name_values.ts";
import { OUTPUTS_NAME } from "../../engine_graphs.ts";
import { toOnnxGraph } from "../../file/encode_graph.ts";
import { createOnnxModel, type OnnxGraph, type OnnxModel, type ValueInfo } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { addTaskLabels, isTaskLabels, TASK_LABELS_NAME } from "../../layers/input.ts";
import type { ModelSpec } from "../../layers/layer_spec.ts";
import { buildExportedNetwork, type ExportedNetwork } from "../exported_network.ts";
import { findOriginalChain, nameLast, type OriginalChain } from "./original_chain.ts";
import { ORIGINAL_KEY, type OriginalForm } from "./original_form.ts";
import { nameApart, renameValues } from "./rename_values.ts";
import { writeNetworks, writeNode } from "./written_network.ts";

/** What the names of values begin with that stand behind the file's own nodes. */
const PREFIX = "firn/";

/**
 * A network from an ONNX file as it came: its own inputs and output, its operator set, and its nodes in their order and
 * with their names, up to what a new classifier follows. Trained weights have their new values. What stands behind
 * them is added: the classifier, heads, and what the file itself made of its logits (a softmax).
 * @throws {RangeRefusal} If the model is no such network, or what stands behind needs another operator set.
 */
export function describeOriginal(exported: ExportedNetwork, metadata: Readonly<Record<string, string>>): OnnxModel {
  const { spec } = exported;
  if (exported.taskParameters) {
    throw new RangeRefusal(`"${spec.name}" cannot leave as it came: its parameters differ from task to task`);
  }
  if (exported.heads?.some(({ kind }) => kind === "ensemble")) {
    const why = "it predicts with two sets of parameters (of lae, ensemble=false predicts with one)";
    throw new RangeRefusal(`"${spec.name}" cannot leave as it came: ${why}`);
  }
  const chain = findOriginalChain(spec);
  const { inputs, output, ending } = chain.origin;
  const closing = ending.map(writeNode);
  const rest = describeRest(exported, chain);
  // The network may have made a value of the output's name, which a new classifier follows.
  const isMade = rest.nodes.length > 0 || closing.length > 0;
  const inner = new Map(isMade ? [[output, `${PREFIX}before/${output}`]] : []);
  const own = renameValues({ ...emptyGraph(spec.name), ...writeNetworks(chain.calls, exported) }, inner);
  const read = renameValues(rest, inner);
  const apart = renameValues(
    read,
    nameApart(read, {
      taken: [own, { ...emptyGraph(""), nodes: closing, inputs: inputs.map(describeInput) }],
      prefix: PREFIX,
    }),
  );
  const logits = elementAt(apart.outputs, 0);
  const behind =
    closing.length > 0 || rest.nodes.length === 0 ? apart : renameValues(apart, new Map([[logits.name, output]]));
  const [opening, ...others] = closing;
  return createOnnxModel(
    {
      name: spec.name,
      nodes: [
        ...own.nodes,
        ...behind.nodes,
        ...(opening ? [{ ...opening, inputs: [elementAt(behind.outputs, 0).name] }, ...others] : []),
      ],
      initializers: [...own.initializers, ...behind.initializers],
      inputs: [...inputs.map(describeInput), ...behind.inputs],
      outputs: [{ ...logits, name: output }],
    },
    {
      opsetVersion: chain.opset,
      irVersion: IR_VERSIONS.find(({ since }) => chain.opset >= since)?.version ?? 8,
      producerVersion: metadata["firn.version"] ?? "",
      docString: `${spec.name}, as it came`,
      metadata: sortKeys({ ...metadata, [ORIGINAL_KEY]: JSON.stringify(describeForm(chain)) }),
    },
  );
}

/** The oldest IR version that knows an operator set. */
const IR_VERSIONS = [
  { since: 23, version: 11 },
  { since: 21, version: 10 },
  { since: 19, version: 9 },
];

function emptyGraph(name: string): OnnxGraph {
  return { name, nodes: [], initializers: [], inputs: [], outputs: [] };
}

function sortKeys(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function describeForm({ origin, calls, change }: OriginalChain): OriginalForm {
  const places = new Map<string, OriginalForm["inputs"][number]["place"]>();
  let from = 0;
  for (const { name, shape, fill } of calls[0]?.network.parts ?? []) {
    places.set(name, fill === undefined ? { from } : { fill });
    if (fill === undefined) from += countElements(shape);
  }
  const inputs = origin.inputs.map((input) => ({ ...input, place: places.get(input.name) ?? { from: 0 } }));
  return { inputs, output: origin.output, change, probabilities: origin.ending.map(({ op }) => op) };
}

function describeInput({ name, shape, dataType }: OriginalChain["origin"]["inputs"][number]): ValueInfo {
  if (dataType === "float64") throw new RangeRefusal(`the input "${name}" of the file is of float64`);
  return { name, shape: ["N", ...shape], dataType };
}

/** What stands behind the file's own nodes, in their operator set: it reads the last value of theirs. */
function describeRest(exported: ExportedNetwork, chain: OriginalChain): OnnxGraph {
  const addGiven = (builder: GraphBuilder) => receiveLayers(exported.spec, chain, builder);
  const { graph, logits, names } = buildExportedNetwork(exported, addGiven, PREFIX);
  graph.output(`${PREFIX}${OUTPUTS_NAME}`, logits, { kind: "outputs" });
  const finished = toOnnxGraph({ ...graph.finish(), inputs: graph.inputs });
  const rest = foldConstants(nameValues(finished, names));
  const unknown = rest.nodes.flatMap(({ inputs }) => inputs).find((name) => name.startsWith(UNKNOWN));
  if (unknown !== undefined) {
    throw new RangeRefusal(`a head reads "${unknown.slice(UNKNOWN.length)}", which stands before the file's nodes`);
  }
  const inputs = rest.inputs.filter(({ name }) => name === TASK_LABELS_NAME);
  const [only, ...others] = rest.nodes;
  const isCopy = only?.op === "Identity" && only.inputs[0] === nameLast(chain) && others.length === 0;
  const { ending, output } = chain.origin;
  // The file's own node makes it.
  if (isCopy && (ending.length > 0 || nameLast(chain) === output)) {
    return {
      ...rest,
      inputs,
      nodes: [],
      initializers: [],
      outputs: [{ ...elementAt(rest.outputs, 0), name: nameLast(chain) }],
    };
  }
  return toOpset({ ...rest, inputs }, chain.opset);
}

/** Layers before the file's nodes, which heads do not read. */
const UNKNOWN = `${PREFIX}unknown/`;

/** Values in place of the layers up to the last one that the file's nodes are. */
function receiveLayers({ layers }: ModelSpec, { calls, shapes }: OriginalChain, graph: GraphBuilder) {
  const given = new Map<string, ValueName>();
  const last = layers.findIndex(({ name }) => name === calls.at(-1)?.name);
  for (const [i, layer] of layers.entries()) {
    const call = calls.findIndex(({ name }) => name === layer.name);
    if (layer.kind === "input" && isTaskLabels(layer)) given.set(layer.name, addTaskLabels(graph));
    else if (call >= 0) {
      const { network } = elementAt(calls, call);
      const type = { shape: ["N" as const, ...elementAt(shapes, call)], dataType: "float32" as const };
      given.set(layer.name, graph.receive(network.output, type));
    } else if (i < last) {
      const type = { shape: ["N" as const, 1], dataType: "float32" as const };
      given.set(layer.name, graph.receive(`${UNKNOWN}${layer.name}`, type));
    }
  }
  return given;
}

/** Operators that are the same in every operator set from 9 on, as what stands behind networks uses them. */
const UNCHANGED: ReadonlySet<string> = new Set(
  "Abs Add Cast Div Equal Flatten Gather Gemm Greater Identity MatMul Mul Neg Relu Reshape Sub Transpose Where".split(
    " ",
  ),
);

/** @throws {RangeRefusal} If an operator is another in that set. */
function toOpset(graph: OnnxGraph, opset: number): OnnxGraph {
  if (opset >= OPSETS.least && opset <= OPSETS.most) return convertOpset(createOnnxModel(graph), opset).graph;
  const changed = graph.nodes.find(({ op, domain = "" }) => domain !== "" || !UNCHANGED.has(op));
  if (!changed) return graph;
  const range = `${OPSETS.least} to ${OPSETS.most}`;
  throw new RangeRefusal(
    `the file has the operator set ${opset}, and ${changed.op} behind it is known in ${range}: it cannot leave as it came`,
  );
}
