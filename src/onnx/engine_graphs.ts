import { elementAt, valueAt } from "../core/element_at.ts";
import { describeUnknownName, needs, RangeRefusal } from "../core/errors/errors.ts";
import { differentiate } from "./differentiate.ts";
import type { Graph, ValueName } from "./graph.ts";
import { GraphBuilder } from "./graph_builder.ts";
import { isTaskLabels, SAMPLES_NAME } from "./layers/input.ts";
import type { Conversion, Mask } from "./layers/layer_definition.ts";
import type { LayerSpec, ModelSpec } from "./layers/layer_spec.ts";
import { convertLayer, convertMask, dependsOnMode } from "./layers/layers.ts";
import { measureRows } from "./measure_rows.ts";
import { addObjective, type ObjectiveKind, type ObjectiveSpec } from "./objectives.ts";
import type { RowMeasure } from "./row_measure.ts";
import { describeShape } from "./shape.ts";
import { feedTensors, writeTensors } from "./topology/tensor_sources.ts";

/** The name of the model's output in every graph that we make. */
export const OUTPUTS_NAME = "logits";

/** samples [N, …], parameters → logits [N, C]; in training mode dropout masks too, and the layers' new state. */
export function buildForwardGraph(spec: ModelSpec, mode: "train" | "eval"): Graph {
  const graph = new GraphBuilder(feedTensors(spec), spec);
  const outputs = convertModel(spec, { graph, mode });
  graph.output(OUTPUTS_NAME, outputs, { kind: "outputs" });
  addNewState(spec, graph);
  return graph.finish();
}

/**
 * samples [N, …] → logits [N, C], with these parameters and this state as constants of the graph. They are borrowed:
 * they must stay as they are until the graph is encoded.
 */
export function buildConstantForwardGraph(
  spec: ModelSpec,
  vectors: { readonly parameters: Float32Array; readonly state: Float32Array },
): Graph {
  const graph = new GraphBuilder(writeTensors(spec, vectors));
  const outputs = convertModel(spec, { graph, mode: "eval" });
  graph.output(OUTPUTS_NAME, outputs, { kind: "outputs" });
  return graph.finish();
}

/**
 * samples, parameters, masks, targets [N, C], weights [N, 1] → logits [N, C], losses [N], a gradient a parameter, new
 * state.
 */
export function buildTrainingGraph(
  spec: ModelSpec,
  objective: ObjectiveKind | ObjectiveSpec,
  mode: "train" | "eval" = "train",
): Graph {
  const graph = new GraphBuilder(feedTensors(spec), spec);
  const outputs = convertModel(spec, { graph, mode });
  const { losses, dOutputs } = addObjective(
    typeof objective === "string" ? { kind: objective } : objective,
    outputs,
    graph,
  );
  graph.output(OUTPUTS_NAME, outputs, { kind: "outputs" });
  graph.output("losses", losses, { kind: "losses" });
  addGradients(spec, { value: outputs, gradient: dOutputs }, graph);
  addNewState(spec, graph);
  return graph.finish();
}

/**
 * samples, parameters, masks, the gradient of the logits [N, C] → a gradient a parameter. No new state: the forward
 * half of the step has given it.
 */
export function buildBackwardGraph(spec: ModelSpec, mode: "train" | "eval" = "train"): Graph {
  const graph = new GraphBuilder(feedTensors(spec), spec);
  const outputs = convertModel(spec, { graph, mode });
  const gradient = graph.input("dOutputs", graph.typeOf(outputs), { kind: "outputGradient" });
  addGradients(spec, { value: outputs, gradient }, graph);
  return graph.finish();
}

/**
 * samples, parameters, masks, the gradient of the logits [N, C] → the gradient of the samples [N, …], row by row.
 * @throws {RangeError} If the logits do not depend on the samples in a way that can be differentiated.
 */
export function buildInputGradientGraph(spec: ModelSpec, mode: "train" | "eval"): Graph {
  const graph = new GraphBuilder(feedTensors(spec), spec);
  const outputs = convertModel(spec, { graph, mode });
  const gradient = graph.input("dOutputs", graph.typeOf(outputs), { kind: "outputGradient" });
  const found = differentiate(graph, { seeds: [{ value: outputs, gradient }], wanted: [SAMPLES_NAME] });
  const ofSamples = found.get(SAMPLES_NAME);
  if (ofSamples === undefined) {
    throw new RangeRefusal(`gradients of samples need samples that are values; the samples of ${spec.name} are ids`);
  }
  graph.output("dSamples", ofSamples, { kind: "outputs" });
  return graph.finish();
}

/**
 * samples, parameters, the gradient of the logits [N, C] → for each parameter, the sum over the rows of a measure of
 * the row's own gradient, without dropout.
 * @returns Undefined if some parameter's cannot be had without going row by row.
 */
export function buildRowGradientGraph(spec: ModelSpec, measure: RowMeasure): Graph | undefined {
  const graph = new GraphBuilder(feedTensors(spec), spec);
  const outputs = convertModel(spec, { graph, mode: "eval" });
  const gradient = graph.input("dOutputs", graph.typeOf(outputs), { kind: "outputGradient" });
  const wanted = spec.layout.entries.map(({ name }) => name);
  const gradients = differentiate(graph, { seeds: [{ value: outputs, gradient }], wanted });
  for (const entry of spec.layout.entries) {
    const sum = gradients.get(entry.name);
    if (sum === undefined) continue;
    const measured = measureRows(sum, measure, graph);
    if (measured === undefined) return undefined;
    graph.output(`${entry.name}/gradient`, measured, { kind: "gradient", entry });
  }
  return graph.finish();
}

/**
 * samples, parameters → what a layer, or a model within the model, gives [N, …], channels last; in training mode masks
 * too. No state, and none of the layers behind.
 * @throws {RangeError} If the model has no layer of that name.
 */
export function buildActivationGraph(spec: ModelSpec, layerName: string, mode: "train" | "eval"): Graph {
  const names = spec.layers.map(({ name }) => name);
  const inner = spec.innerOutputs ?? {};
  const call = names.includes(layerName) ? layerName : (inner[layerName] ?? "");
  const end = names.indexOf(call) + 1;
  if (end === 0) {
    const unknown = describeUnknownName("layer", layerName, [...names, ...Object.keys(inner)]);
    throw new RangeRefusal(`${spec.name}: ${unknown}`);
  }
  const graph = new GraphBuilder(feedTensors(spec), spec);
  const values = convertLayers(spec.layers.slice(0, end), { graph, mode });
  graph.output("activations", valueAt(values, call), { kind: "outputs" });
  return graph.finish();
}

/** A model's layers in a graph. */
export interface ConvertedModel {
  /** The model's output [N, C]. */
  readonly outputs: ValueName;
  /** What every call gives, by its name. */
  readonly values: ReadonlyMap<string, ValueName>;
}

/**
 * Adds all layers of a model to a graph and returns its output [N, C].
 * @throws {RangeError} If it has not one of that shape.
 */
function convertModel(spec: ModelSpec, conversion: Conversion): ValueName {
  return convertWholeModel(spec, conversion).outputs;
}

/**
 * Adds all layers of a model to a graph. `given` holds values, by layer name, that stand in for layers: what an
 * exporter puts in front of the model in place of its inputs.
 * @throws {RangeError} If the model has not one output [N, C].
 */
export function convertWholeModel(
  spec: ModelSpec,
  conversion: Conversion,
  given: ReadonlyMap<string, ValueName> = new Map(),
): ConvertedModel {
  const values = convertLayers(spec.layers, conversion, given);
  const [output = "", ...others] = spec.outputs;
  const value = values.get(output);
  if (value === undefined || others.length > 0) {
    throw new RangeRefusal(needs(`the model "${spec.name}"`, "one output", spec.outputs));
  }
  const shape = conversion.graph.shapeOf(value);
  if (shape.length === 2 && shape[0] === "N" && typeof shape[1] === "number") return { outputs: value, values };
  throw new RangeRefusal(needs(`the model "${spec.name}"`, "an output [N, C]", describeShape(shape)));
}

/** The value of every call, by its name; each comes after those whose outputs it takes. */
function convertLayers(
  layers: readonly LayerSpec[],
  conversion: Conversion,
  given: ReadonlyMap<string, ValueName> = new Map(),
): ReadonlyMap<string, ValueName> {
  const values = new Map<string, ValueName>(given);
  const masks = new Map<string, Mask>();
  for (const layer of layers) {
    if (given.has(layer.name)) continue;
    const inputs = layer.inputs.map((name) => valueAt(values, name));
    const call = { ...conversion, masks: layer.inputs.map((name) => masks.get(name)) };
    values.set(layer.name, convertLayer(layer, inputs, call));
    masks.set(layer.name, convertMask(layer, inputs, call));
  }
  return values;
}

/** Parameters that the output does not depend on get no output: their gradient is zero, and the engine knows. */
function addGradients(spec: ModelSpec, seed: { value: ValueName; gradient: ValueName }, graph: GraphBuilder): void {
  const wanted = spec.layout.entries.map(({ name }) => name);
  const gradients = differentiate(graph, { seeds: [seed], wanted });
  for (const entry of spec.layout.entries) {
    const gradient = gradients.get(entry.name);
    if (gradient !== undefined) graph.output(`${entry.name}/gradient`, gradient, { kind: "gradient", entry });
  }
}

/** State that no layer has updated gets no output: it stays as it is, and the engine knows. */
function addNewState(spec: ModelSpec, graph: GraphBuilder): void {
  for (const entry of spec.stateLayout.entries) {
    const value = graph.newStateOf(entry.name);
    if (value !== undefined) graph.output(`${entry.name}/new`, value, { kind: "newState", entry });
  }
}

/** Whether a step of training gives a tensor of state another value. */
export function movesState(spec: ModelSpec): boolean {
  if (spec.stateLayout.size === 0 || !spec.layers.some(dependsOnMode)) return false;
  return buildForwardGraph(spec, "train").outputs.some(({ role }) => role.kind === "newState");
}

/**
 * C, the width of a model's output.
 * @throws {RangeError} If the model has not one input of samples (beside task labels) and one output [N, C].
 */
export function measureOutput(spec: ModelSpec): number {
  const inputs = spec.layers.flatMap((layer) => (layer.kind === "input" && !isTaskLabels(layer) ? [layer.name] : []));
  if (inputs.length !== 1) {
    throw new RangeRefusal(needs(`the model "${spec.name}"`, "one input of samples", inputs));
  }
  const graph = buildForwardGraph(spec, "eval");
  return Number(elementAt(elementAt(graph.outputs, 0).shape, 1));
}
