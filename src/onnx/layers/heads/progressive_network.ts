import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { int } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { sampleShapeOf } from "../../shape.ts";
import type { LayerJson } from "../../topology/topology_schema.ts";
import type { LayerCall } from "../layer_call.ts";
import { type ClassFamily, type LayerFamily, never } from "../layer_definition.ts";
import { readChoice, readInteger, readIntegers, readNumber } from "../read_setting.ts";
import { readFeatures } from "./growing_heads.ts";
import { maskLogits } from "./mask_logits.ts";
import {
  type ColumnLayer,
  countColumns,
  describeColumns,
  listColumnLayers,
  type ProgressiveSettings,
  type ProgressiveWidth,
} from "./progressive_columns.ts";

/** A progressive network as one layer; its second input are the task labels [N]. */
export interface ProgressiveNetworkSpec extends LayerCall, ProgressiveSettings, ProgressiveWidth {
  readonly kind: "progressiveNetwork";
  /** The layer that owns the tensors: `${layer}/c0/l0/kernel` … and `${layer}/active`. */
  readonly layer: string;
  /** What units answer whose class their column was not trained on. */
  readonly maskValue: number;
}

/** Progressive networks. */
export const progressiveLayers = {
  progressiveNetwork: {
    parameters: (layer, inputs) => describeColumns(layer.layer, layer, readFeatures(layer.name, inputs)),
    convert: (layer, inputs, { graph }) => convertProgressiveNetwork(layer, inputs, graph),
    dependsOnMode: never,
  },
} satisfies LayerFamily<ProgressiveNetworkSpec>;

/** Their class in TF.js: our own. */
export const progressiveClasses = {
  ProgressiveNetwork: parseProgressiveNetwork,
} satisfies ClassFamily<ProgressiveNetworkSpec>;

/**
 * A call of a progressive network from tfjs' JSON.
 * @throws {UnsupportedLayerError} If a setting is missing or of the wrong kind.
 */
export function parseProgressiveNetwork(layer: LayerJson, { name, inputs }: LayerCall): ProgressiveNetworkSpec {
  const positive = { minimum: 1 };
  return {
    name,
    inputs,
    kind: "progressiveNetwork",
    layer: layer.config.name,
    hiddenLayers: readInteger(layer, "hidden_layers", positive),
    hiddenSize: readInteger(layer, "hidden_size", positive),
    adapter: readChoice(layer, "adapter", ["linear", "mlp"]),
    laterals: readChoice(layer, "laterals", ["hidden", "input"]),
    units: readInteger(layer, "units", positive),
    tasks: readIntegers(layer, "tasks", { minimum: 0 }),
    maskValue: readNumber(layer, "mask_value", { fallback: -1000 }),
  };
}

/** Of onnx.TensorProto.DataType. */
const FLOAT = 1;

/**
 * Progressive network, features [N, in] and task labels [N] to [N, units]: each column's layers by Gemm-13 and Relu-14,
 * joined to the columns before it, then the column of each row's own label. Rows of other labels answer the mask's
 * value.
 * @throws {RangeError} If there are no task labels.
 */
function convertProgressiveNetwork(
  layer: ProgressiveNetworkSpec,
  [x = "", labels]: readonly ValueName[],
  graph: GraphBuilder,
): ValueName {
  if (labels === undefined)
    throw new RangeRefusal(needs("the progressive network", "task labels as second input", labels));
  const [features = 0] = sampleShapeOf(graph.shapeOf(x));
  // By layer, from the input up: the activations of the columns so far.
  const below: ValueName[][] = Array.from({ length: layer.hiddenLayers + 1 }, () => []);
  const outputs: ValueName[] = [];
  for (let column = 0; column < countColumns(layer); column++) {
    let h = x;
    for (const [at, part] of listColumnLayers(layer, { column, features }).entries()) {
      const z = addLayer(layer, part, { h, earlier: [...(below[at] ?? [])] }, graph);
      below[at]?.push(h);
      h = part.isOutput ? z : graph.node("Relu", [z]);
    }
    outputs.push(h);
  }
  const chosen = chooseColumns(layer, labels, graph);
  const active = graph.node("MatMul", [chosen, graph.parameter(`${layer.layer}/active`)]);
  return maskLogits(addChosen(outputs, chosen, graph), { active, maskValue: layer.maskValue }, graph);
}

/** z = h · kernel + bias, and what the adapter makes of the earlier columns' activations. */
function addLayer(
  { layer, adapter }: ProgressiveNetworkSpec,
  part: ColumnLayer,
  { h, earlier }: { readonly h: ValueName; readonly earlier: readonly ValueName[] },
  graph: GraphBuilder,
): ValueName {
  const tensor = (name: string) => graph.parameter(`${layer}/${part.name}/${name}`);
  const own = graph.node("Gemm", [h, tensor("kernel"), tensor("bias")]);
  if (part.joined === 0) return own;
  if (adapter === "linear") {
    return graph.node("Add", [own, graph.node("MatMul", [join(earlier, graph), tensor("lateral/kernel")])]);
  }
  const alpha = tensor("alpha");
  const scaled = earlier.map((value, column) =>
    graph.node("Mul", [value, graph.node("Gather", [alpha, graph.integers([column])], { axis: int(0) })]),
  );
  const hidden = graph.node("Relu", [graph.node("Gemm", [join(scaled, graph), tensor("v/kernel"), tensor("v/bias")])]);
  return graph.node("Add", [own, graph.node("MatMul", [hidden, tensor("u/kernel")])]);
}

function join(values: readonly ValueName[], graph: GraphBuilder): ValueName {
  const [first = "", ...others] = values;
  return others.length === 0 ? first : graph.node("Concat", values, { axis: int(1) });
}

/**
 * Labels [N] as 1 in their column and 0 elsewhere [N, columns]: 1 − min(|label − task|, 1). No column has a negative
 * label.
 */
function chooseColumns(layer: ProgressiveNetworkSpec, labels: ValueName, graph: GraphBuilder): ValueName {
  const columns = countColumns(layer);
  const tasks = Array.from({ length: columns }, (_, column) => layer.tasks[column] ?? -1);
  const numbers = graph.node("Cast", [graph.node("Reshape", [labels, graph.integers([-1, 1])])], { to: int(FLOAT) });
  const distances = graph.node("Abs", [graph.node("Sub", [numbers, graph.constant(tasks, [1, columns])])]);
  return graph.node("Sub", [graph.constant(1), graph.node("Min", [distances, graph.constant(1)])]);
}

/** Σ over the columns of outputs [N, units] · chosen [N, 1]. */
function addChosen(outputs: readonly ValueName[], chosen: ValueName, graph: GraphBuilder): ValueName {
  const own = outputs.map((output, column) =>
    graph.node("Mul", [output, graph.node("Gather", [chosen, graph.integers([column])], { axis: int(1) })]),
  );
  return own.reduce((sum, output) => graph.node("Add", [sum, output]));
}
