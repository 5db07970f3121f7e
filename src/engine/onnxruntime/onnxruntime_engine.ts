import { elementAt } from "../../core/element_at.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";
import {
  buildActivationGraph,
  buildBackwardGraph,
  buildConstantForwardGraph,
  buildForwardGraph,
  buildInputGradientGraph,
  buildRowGradientGraph,
  buildTrainingGraph,
  measureOutput,
} from "../../onnx/engine_graphs.ts";
import type { Graph } from "../../onnx/graph.ts";
import type { ModelSpec } from "../../onnx/layers/layer_spec.ts";
import { dependsOnMode } from "../../onnx/layers/layers.ts";
import { convertPrecision } from "../../onnx/precision/convert_precision.ts";
import type { TrainingPrecision } from "../../onnx/precision/precision.ts";
import { roundOnProcessor } from "../../onnx/precision/round_on_processor.ts";
import type { RowMeasure } from "../../onnx/row_measure.ts";
import { sampleShapeOf } from "../../onnx/shape.ts";
import { shareTask } from "../../onnx/topology/share_task.ts";
import { assertObjective } from "../assert_objective.ts";
import { DeviceVector, type FlatVector } from "../device/device_vector.ts";
import type { DeviceComputer } from "../device/vector_program.ts";
import type { Engine, EngineInput, EngineResults, EngineVectors, Objective, RowGradientCall } from "../engine.ts";
import { assertCall, assertLength } from "./assert_call.ts";
import { findChannelLanes } from "./channel_lanes.ts";
import { openCarrier } from "./choose_carrier.ts";
import type { GraphSession, RunArrays } from "./graph_session.ts";
import type { OnnxruntimeEngineOptions } from "./onnxruntime_engine_options.ts";
import { assertDeviceIsThere } from "./open_device.ts";
import { type LoadingOptions, SessionCache } from "./session_cache.ts";
import { assertSettings, parseDevice } from "./session_options.ts";

/**
 * The fast engine: the model's layers become ONNX graphs, with the backward pass that our differentiation adds, and
 * onnxruntime runs them. Graphs are built and loaded when they are first needed. In mode "train", `forward` and
 * `gradient` write the new moving statistics into `vectors.state`; `backward` does not, as its `forward` did.
 * @throws {RangeError} If the device is unknown, or the model has not one output [N, C].
 * @throws {Error} If the device is not there; the message says what it needs.
 */
export async function createOnnxruntimeEngine(options: OnnxruntimeEngineOptions): Promise<Engine> {
  const { device = "cpu", intraOpThreads = 1, cuda, precision = "float32" } = options;
  const settings = { device, intraOpThreads, ...(cuda ? { cuda } : {}) };
  // Settings that are wrong are refused before anything is loaded.
  assertSettings(settings);
  const carrier = await openCarrier(settings.device, options.carrier);
  if (cuda && carrier.name === "addon") {
    throw new RefusalError(`options of CUDA need the C API of onnxruntime, and this is ${carrier.description}`);
  }
  const isCpu = settings.device === "cpu";
  if (!isCpu) await assertDeviceIsThere(carrier, settings);
  const findLanes = async () => (isCpu ? findChannelLanes(carrier) : undefined);
  const { kernelGradient = settings.device.startsWith("cuda") ? "products" : "convolution" } = options;
  return new OnnxruntimeEngine({ ...options.spec, kernelGradient }, { carrier, settings, findLanes, precision });
}

class OnnxruntimeEngine implements Engine {
  readonly name = "onnxruntime";
  readonly carrier: string;
  readonly computer?: DeviceComputer;
  readonly layout: ParameterLayout;
  readonly stateLayout: ParameterLayout;
  readonly outputSize: number;
  readonly #spec: ModelSpec;
  /** The model for rows that share a task; undefined where tasks do not matter. */
  readonly #taskSpec: ModelSpec | undefined;
  readonly #dependsOnMode: boolean;
  readonly #sessions: SessionCache;
  /** Undefined for a measure that this model's gradients cannot be taken of in one pass. */
  readonly #rowGraphs = new Map<RowMeasure, Graph | undefined>();
  readonly #newState: Float32Array;
  readonly #precision: TrainingPrecision;
  readonly #isOnProcessor: boolean;
  readonly #overflow = new Float32Array(1);
  readonly #activationShapes = new Map<string, readonly number[]>();

  constructor(spec: ModelSpec, { precision, ...loading }: LoadingOptions & { readonly precision: TrainingPrecision }) {
    this.#spec = spec;
    this.#taskSpec = shareTask(spec);
    this.#dependsOnMode = spec.layers.some(dependsOnMode);
    this.#sessions = new SessionCache(loading);
    this.#precision = precision;
    this.#isOnProcessor = parseDevice(loading.settings.device).kind === "cpu";
    this.carrier = loading.carrier.description;
    const computer = loading.carrier.createComputer?.(loading.settings);
    if (computer) this.computer = computer;
    this.layout = spec.layout;
    this.stateLayout = spec.stateLayout;
    this.#newState = new Float32Array(spec.stateLayout.size);
    this.outputSize = measureOutput(spec);
  }

  async forward(vectors: EngineVectors, input: EngineInput, outputs: Float32Array): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    assertLength("outputs", outputs, rows * this.outputSize);
    const mode = this.#resolveMode(input);
    const { key, spec } = this.#chooseSpec(input);
    const { weightsNumber } = input;
    const { parameters, state } = vectors;
    // On a device the weights are where they are needed already.
    const isPlain = mode === "train" || weightsNumber === undefined || parameters instanceof DeviceVector;
    const session = await (isPlain
      ? this.#load(`${key}forward ${mode}`, input, () => buildForwardGraph(spec, mode))
      : this.#sessions.loadConstant(key, weightsNumber, () => buildConstantForwardGraph(spec, { parameters, state })));
    await session.run({
      ...this.#bind(vectors, input, rows),
      outputs,
      newState: this.#newState,
    });
    this.#keepState(session, vectors.state);
  }

  async gradient(
    vectors: EngineVectors,
    input: EngineInput,
    objective: Objective,
    results: EngineResults<FlatVector>,
  ): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    assertObjective(objective, { rows, outputs: this.outputSize });
    assertLength("outputs", results.outputs, rows * this.outputSize);
    assertLength("losses", results.losses, rows);
    assertLength("gradient", results.gradient, this.layout.size);
    const mode = this.#resolveMode(input);
    const { kind, classMask, elementWeights, constant } = objective;
    const wanted = { kind, hasClassMask: classMask !== undefined, hasElementWeights: elementWeights !== undefined };
    const { key, spec } = this.#chooseSpec(input);
    const name = `${key}${kind} ${wanted.hasClassMask} ${wanted.hasElementWeights} ${mode}`;
    const session = await this.#load(name, input, () => buildTrainingGraph(spec, wanted, mode));
    await session.run({
      ...this.#bind(vectors, input, rows),
      targets: objective.targets,
      weights: objective.weights,
      classMask,
      elementWeights,
      constant,
      outputs: results.outputs,
      losses: results.losses,
      gradient: results.gradient,
      newState: this.#newState,
    });
    this.#tellOverflow(input);
    this.#clearUnreached(session, results.gradient);
    this.#keepState(session, vectors.state);
  }

  async backward(
    vectors: EngineVectors,
    input: EngineInput,
    dOutputs: Float32Array,
    gradient: FlatVector,
  ): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    assertLength("dOutputs", dOutputs, rows * this.outputSize);
    assertLength("gradient", gradient, this.layout.size);
    const mode = this.#resolveMode(input);
    const { key, spec } = this.#chooseSpec(input);
    const session = await this.#load(`${key}backward ${mode}`, input, () => buildBackwardGraph(spec, mode));
    await session.run({
      ...this.#bind(vectors, input, rows),
      outputGradient: dOutputs,
      gradient,
    });
    this.#tellOverflow(input);
    this.#clearUnreached(session, gradient);
  }

  async sumRowGradients({ vectors, input, dOutputs, measure, gradient }: RowGradientCall): Promise<boolean> {
    const rows = assertCall(this.#spec, vectors, input);
    assertLength("dOutputs", dOutputs, rows * this.outputSize);
    assertLength("gradient", gradient, this.layout.size);
    if (this.#resolveMode(input) === "train") return false;
    if (!this.#rowGraphs.has(measure)) this.#rowGraphs.set(measure, buildRowGradientGraph(this.#spec, measure));
    const graph = this.#rowGraphs.get(measure);
    if (!graph) return false;
    const session = await this.#sessions.load(`rows ${measure}`, () => graph);
    await session.run({
      ...this.#bind(vectors, input, rows),
      outputGradient: dOutputs,
      gradient,
    });
    this.#clearUnreached(session, gradient);
    return true;
  }

  activationShape(layerName: string): readonly number[] {
    let shape = this.#activationShapes.get(layerName);
    if (!shape) {
      const { outputs } = buildActivationGraph(this.#spec, layerName, "eval");
      shape = sampleShapeOf(elementAt(outputs, 0).shape);
      this.#activationShapes.set(layerName, shape);
    }
    return shape;
  }

  async activations(vectors: EngineVectors, input: EngineInput, layerName: string, out: Float32Array): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    const shape = this.activationShape(layerName);
    assertLength(`what "${layerName}" gives`, out, rows * countElements(shape));
    const mode = this.#resolveMode(input);
    const build = () => buildActivationGraph(this.#spec, layerName, mode);
    const session = await this.#sessions.load(`layer ${layerName} ${mode}`, build);
    await session.run({ ...this.#bind(vectors, input, rows), outputs: out });
  }

  assertInputGradients(): void {
    buildInputGradientGraph(this.#spec, "eval");
  }

  async inputGradients(
    vectors: EngineVectors,
    input: EngineInput,
    dOutputs: Float32Array,
    out: Float32Array,
  ): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    assertLength("dOutputs", dOutputs, rows * this.outputSize);
    assertLength("the gradient of the samples", out, input.x.data.length);
    const mode = this.#resolveMode(input);
    const { key, spec } = this.#chooseSpec(input);
    const session = await this.#sessions.load(`${key}samples ${mode}`, () => buildInputGradientGraph(spec, mode));
    await session.run({
      ...this.#bind(vectors, input, rows),
      outputGradient: dOutputs,
      outputs: out,
    });
  }

  async forgetWeights(): Promise<void> {
    await this.#sessions.releaseConstant();
  }

  async close(): Promise<void> {
    await this.#sessions.close();
  }

  /** Where all rows have one task label, their head alone is computed. */
  #chooseSpec({ taskLabels }: EngineInput): { readonly key: string; readonly spec: ModelSpec } {
    const [first] = taskLabels;
    if (!this.#taskSpec || taskLabels.some((label) => label !== first)) return { key: "", spec: this.#spec };
    return { key: "one task, ", spec: this.#taskSpec };
  }

  /** Most models compute the same in both modes: one session serves. */
  #resolveMode({ mode }: EngineInput): "train" | "eval" {
    return this.#dependsOnMode ? mode : "eval";
  }

  /** The session of a graph, in half precision where the call may be and the engine is of one. */
  #load(key: string, { half }: EngineInput, build: () => Graph): Promise<GraphSession> {
    const precision = half ? this.#precision : "float32";
    if (precision === "float32") return this.#sessions.load(key, build);
    return this.#sessions.load(`${precision}, ${key}`, () => {
      const graph = convertPrecision(build(), precision);
      return this.#isOnProcessor ? roundOnProcessor(graph) : graph;
    });
  }

  #tellOverflow({ half }: EngineInput): void {
    if (half && this.#precision === "float16" && this.#overflow[0] !== 0) half.hasOverflowed = true;
  }

  #bind(vectors: EngineVectors, input: EngineInput, rows: number): RunArrays {
    this.#overflow[0] = 0;
    return {
      lossScale: input.half?.lossScale,
      overflow: this.#overflow,
      rows,
      samples: input.x.data,
      taskLabels: input.taskLabels,
      dropoutKey: input.dropoutKey,
      parameters: vectors.parameters,
      state: vectors.state,
    };
  }

  /** Graphs write new state beside the old, so that a failed run leaves that as it was. */
  #keepState({ stateEntries }: GraphSession, state: Float32Array): void {
    for (const entry of stateEntries) viewEntry(state, entry).set(viewEntry(this.#newState, entry));
  }

  /** Zeroes the gradients of parameters on which the output does not depend: the graph does not write them. */
  #clearUnreached({ gradientEntries }: GraphSession, gradient: FlatVector): void {
    if (gradientEntries.length === this.layout.entries.length) return;
    const written = new Set(gradientEntries.map(({ name }) => name));
    for (const entry of this.layout.entries) {
      if (written.has(entry.name)) continue;
      if (gradient instanceof DeviceVector) gradient.clear(entry);
      else viewEntry(gradient, entry).fill(0);
    }
  }
}
