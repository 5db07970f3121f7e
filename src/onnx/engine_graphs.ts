import { elementAt, valueAt } from "../core/element_at.ts";
import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { differentiate, type GradientSeed } from "./differentiate.ts";
import { addFeatureAnchor } from "./feature_anchor.ts";
import type { Graph, ValueName } from "./graph.ts";
import { GraphBuilder } from "./graph_builder.ts";
import { isTaskLabels, SAMPLES_NAME } from "./layers/input.ts";
import type { ModelSpec } from "./layers/layer_spec.ts";
import { dependsOnMode } from "./layers/layers.ts";
import { measureRows } from "./measure_rows.ts";
import { type ConvertedCalls, convertLayers, convertModel, convertWholeModel, cutBehind } from "./model_graph.ts";
import { addObjective, type ObjectiveKind, type ObjectiveSpec } from "./objectives.ts";
import { joinRowFactors, type RowFactorLayout } from "./row_factors.ts";
import type { RowMeasure } from "./row_measure.ts";
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

/** What a graph of gradients is made for. */
export interface TrainingGraphOptions {
  /** Default: "train". */
  readonly mode?: "train" | "eval";
  /**
   * The layer whose features, without dropout, the objective holds to what they were by `addFeatureAnchor`; with an
   * output more.
   */
  readonly anchoredLayer?: string | undefined;
  /** Parameters that get no gradient. */
  readonly held?: readonly string[] | undefined;
}

/**
 * samples, parameters, masks, targets [N, C], weights [N, 1] → logits [N, C], losses [N], a gradient a parameter, new
 * state.
 */
export function buildTrainingGraph(
  spec: ModelSpec,
  objective: ObjectiveKind | ObjectiveSpec,
  { mode = "train", anchoredLayer, held }: TrainingGraphOptions = {},
): Graph {
  const graph = new GraphBuilder(feedTensors(spec), spec);
  const below = anchoredLayer === undefined ? undefined : convertBelow(spec, anchoredLayer, graph);
  const { outputs } = convertWholeModel(spec, { graph, mode }, below?.shared);
  const wanted = typeof objective === "string" ? { kind: objective } : objective;
  const { losses, dOutputs } = addObjective(wanted, outputs, graph);
  const anchor = below && addFeatureAnchor(below.features, graph);
  graph.output(OUTPUTS_NAME, outputs, { kind: "outputs" });
  graph.output("losses", losses, { kind: "losses" });
  if (anchor) graph.output("anchorLosses", anchor.losses, { kind: "anchorLosses" });
  addGradients(spec, [{ value: outputs, gradient: dOutputs }, ...(anchor ? [anchor.seed] : [])], { graph, held });
  addNewState(spec, graph);
  return graph.finish();
}

/**
 * What a layer gives without dropout, and of the calls on the way those that are the same in training. It comes before
 * the training pass, which gives the layers' state other values.
 */
function convertBelow(
  spec: ModelSpec,
  layerName: string,
  graph: GraphBuilder,
): { readonly features: ValueName; readonly shared: ConvertedCalls } {
  const { layers, call } = cutBehind(spec, layerName);
  const { values, masks } = convertLayers(layers, { graph, mode: "eval" });
  const same = new Map<string, ValueName>();
  for (const layer of layers) {
    if (dependsOnMode(layer) || !layer.inputs.every((name) => same.has(name))) continue;
    same.set(layer.name, valueAt(values, layer.name));
  }
  return { features: valueAt(values, call), shared: { values: same, masks } };
}

/**
 * samples, parameters, masks, the gradient of the logits [N, C] → a gradient a parameter. No new state: the forward
 * half of the step has given it.
 */
export function buildBackwardGraph(
  spec: ModelSpec,
  { mode = "train", held }: Omit<TrainingGraphOptions, "anchoredLayer"> = {},
): Graph {
  const graph = new GraphBuilder(feedTensors(spec), spec);
  const outputs = convertModel(spec, { graph, mode });
  const gradient = graph.input("dOutputs", graph.typeOf(outputs), { kind: "outputGradient" });
  addGradients(spec, [{ value: outputs, gradient }], { graph, held });
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
  const { graph, gradients } = differentiateRows(spec);
  for (const entry of spec.layout.entries) {
    const sum = gradients.get(entry.name);
    if (sum === undefined) continue;
    const measured = measureRows(sum, measure, graph);
    if (measured === undefined) return undefined;
    graph.output(`${entry.name}/gradient`, measured, { kind: "gradient", entry });
  }
  return graph.finish();
}

/** A graph of the factors of rows' own gradients, and how gradients are made of them. */
export interface RowFactorGraph {
  readonly graph: Graph;
  readonly layout: RowFactorLayout;
}

/**
 * samples, parameters, the gradient of the logits [N, C] → the factors of each row's own gradient [N, F], without
 * dropout.
 * @returns Undefined if some parameter's are not to be had.
 */
export function buildRowFactorGraph(spec: ModelSpec): RowFactorGraph | undefined {
  const { graph, gradients } = differentiateRows(spec);
  const found = joinRowFactors([...gradients.values()], graph);
  if (!found) return undefined;
  graph.output("factors", found.joined, { kind: "outputs" });
  return { graph: graph.finish(), layout: found.layout };
}

/** A model without dropout, and the gradients of those of its parameters that the logits depend on. */
function differentiateRows(spec: ModelSpec): { graph: GraphBuilder; gradients: ReadonlyMap<string, ValueName> } {
  const graph = new GraphBuilder(feedTensors(spec), spec);
  const outputs = convertModel(spec, { graph, mode: "eval" });
  const gradient = graph.input("dOutputs", graph.typeOf(outputs), { kind: "outputGradient" });
  const wanted = spec.layout.entries.map(({ name }) => name);
  return { graph, gradients: differentiate(graph, { seeds: [{ value: outputs, gradient }], wanted }) };
}

/**
 * samples, parameters → what a layer, or a model within the model, gives [N, …], channels last; in training mode masks
 * too. No state, and none of the layers behind.
 * @throws {RangeError} If the model has no layer of that name.
 */
export function buildActivationGraph(spec: ModelSpec, layerName: string, mode: "train" | "eval"): Graph {
  const { layers, call } = cutBehind(spec, layerName);
  const graph = new GraphBuilder(feedTensors(spec), spec);
  const { values } = convertLayers(layers, { graph, mode });
  graph.output("activations", valueAt(values, call), { kind: "outputs" });
  return graph.finish();
}

/**
 * Parameters that are held, or that the output does not depend on, get no output: their gradient is zero, and the
 * engine knows.
 */
function addGradients(
  spec: ModelSpec,
  seeds: readonly GradientSeed[],
  { graph, held = [] }: Pick<TrainingGraphOptions, "held"> & { readonly graph: GraphBuilder },
): void {
  const wanted = spec.layout.entries.map(({ name }) => name).filter((name) => !held.includes(name));
  const gradients = differentiate(graph, { seeds, wanted });
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
