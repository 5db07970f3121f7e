import { RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { ParameterLayout } from "../../core/parameter_layout.ts";
import type { ModelSpec } from "../../onnx/layers/layer_spec.ts";
import type { TrainingPrecision } from "../../onnx/precision/precision.ts";
import type { RowFactorLayout } from "../../onnx/row_factors.ts";
import { assertObjective } from "../assert_objective.ts";
import { DeviceVector, type FlatVector } from "../device/device_vector.ts";
import type { DeviceComputer } from "../device/vector_program.ts";
import type { Engine, EngineInput, EngineResults, EngineVectors, Objective, RowGradientCall } from "../engine.ts";
import { assertAnchor, assertCall, assertLength } from "./assert_call.ts";
import { findChannelLanes } from "./channel_lanes.ts";
import { openCarrier } from "./choose_carrier.ts";
import type { GraphFile } from "./graph_file.ts";
import type { GraphPurpose } from "./graph_request.ts";
import type { GraphSession, RunArrays } from "./graph_session.ts";
import type { ModelFacts } from "./model_facts.ts";
import { ModelGraphs } from "./model_graphs.ts";
import type { OnnxruntimeEngineOptions } from "./onnxruntime_engine_options.ts";
import type { LoadingOptions } from "./session_cache.ts";
import { assertSettings, parseDevice } from "./session_options.ts";

/**
 * The fast engine: the model's layers become ONNX graphs, with the backward pass that our differentiation adds, and
 * onnxruntime runs them. Graphs are made and loaded when they are first needed, unless they were given. In mode
 * "train", `forward` and `gradient` write the new moving statistics into `vectors.state`; `backward` does not, as its
 * `forward` did.
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
  if (!isCpu) {
    const { assertDeviceIsThere } = await import("./open_device.ts");
    await assertDeviceIsThere(carrier, settings);
  }
  const findLanes = async () => (isCpu ? findChannelLanes(carrier) : undefined);
  const { kernelGradient = settings.device.startsWith("cuda") ? "products" : "convolution" } = options;
  const facts = options.facts ?? (await import("./model_facts.ts")).findModelFacts(options.spec);
  return new OnnxruntimeEngine({ ...options.spec, kernelGradient }, { carrier, settings, findLanes, precision, facts });
}

/** What an engine is put together from, beside its model. */
interface EngineParts extends LoadingOptions {
  readonly precision: TrainingPrecision;
  readonly facts: ModelFacts;
  readonly findLanes: () => Promise<number | undefined>;
}

class OnnxruntimeEngine implements Engine {
  readonly name = "onnxruntime";
  readonly carrier: string;
  readonly computer?: DeviceComputer;
  readonly layout: ParameterLayout;
  readonly stateLayout: ParameterLayout;
  readonly outputSize: number;
  readonly #spec: ModelSpec;
  readonly #dependsOnMode: boolean;
  readonly #graphs: ModelGraphs;
  readonly #newState: Float32Array;
  readonly #precision: TrainingPrecision;
  readonly #overflow = new Float32Array(1);
  readonly #activationShapes = new Map<string, readonly number[]>();

  constructor(spec: ModelSpec, { precision, facts, findLanes, ...loading }: EngineParts) {
    this.#spec = spec;
    this.#dependsOnMode = facts.dependsOnMode;
    const isOnProcessor = parseDevice(loading.settings.device).kind === "cpu";
    this.#graphs = new ModelGraphs(spec, loading, { isOnProcessor, findLanes });
    this.#precision = precision;
    this.carrier = loading.carrier.description;
    const computer = loading.carrier.createComputer?.(loading.settings);
    if (computer) this.computer = computer;
    this.layout = spec.layout;
    this.stateLayout = spec.stateLayout;
    this.#newState = new Float32Array(spec.stateLayout.size);
    this.outputSize = facts.outputSize;
  }

  addGraph(name: string, file: GraphFile): void {
    this.#graphs.give(name, file);
  }

  async forward(vectors: EngineVectors, input: EngineInput, outputs: Float32Array): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    assertLength("outputs", outputs, rows * this.outputSize);
    const mode = this.#resolveMode(input);
    const { weightsNumber } = input;
    const { parameters, state } = vectors;
    // On a device the weights are where they are needed already.
    const isPlain = mode === "train" || weightsNumber === undefined || parameters instanceof DeviceVector;
    const session = await (isPlain
      ? this.#load({ kind: "forward" }, input)
      : this.#graphs.loadConstant(weightsNumber, this.#shareTask(input), { parameters, state }));
    await session.run({
      ...this.#bind(vectors, input, rows),
      outputs,
      newState: this.#newState,
    });
    session.keepState(this.#newState, vectors.state);
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
    const { kind, classMask, elementWeights, anchor } = objective;
    if (anchor) assertAnchor(anchor, { rows, shape: await this.activationShape(anchor.layerName) });
    const wanted = { kind, hasClassMask: classMask !== undefined, hasElementWeights: elementWeights !== undefined };
    const { held } = input;
    const purpose = { kind: "training", objective: wanted, anchoredLayer: anchor?.layerName, held } as const;
    const session = await this.#load(purpose, input);
    const newState = this.#newState;
    await session.run({ ...this.#bind(vectors, input, rows), ...objective, ...results, newState });
    this.#tellOverflow(input);
    session.clearUnreached(results.gradient, this.layout);
    session.keepState(this.#newState, vectors.state);
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
    const session = await this.#load({ kind: "backward", held: input.held }, input);
    await session.run({
      ...this.#bind(vectors, input, rows),
      outputGradient: dOutputs,
      gradient,
    });
    this.#tellOverflow(input);
    session.clearUnreached(gradient, this.layout);
  }

  async sumRowGradients({ vectors, input, dOutputs, measure, gradient }: RowGradientCall): Promise<boolean> {
    const rows = assertCall(this.#spec, vectors, input);
    assertLength("dOutputs", dOutputs, rows * this.outputSize);
    assertLength("gradient", gradient, this.layout.size);
    if (this.#resolveMode(input) === "train") return false;
    const session = await this.#graphs.loadRows({ kind: "rowGradients", measure, mode: "eval" });
    if (!session) return false;
    await session.run({
      ...this.#bind(vectors, input, rows),
      outputGradient: dOutputs,
      gradient,
    });
    session.clearUnreached(gradient, this.layout);
    return true;
  }

  rowFactorLayout(): Promise<RowFactorLayout | undefined> {
    return this.#graphs.findRowFactorLayout();
  }

  async rowFactors(
    vectors: EngineVectors,
    input: EngineInput,
    dOutputs: Float32Array,
    out: Float32Array,
  ): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    const layout = await this.rowFactorLayout();
    if (!layout) throw new RangeRefusal("gradients of this model's rows have no factors");
    assertLength("dOutputs", dOutputs, rows * this.outputSize);
    assertLength("the factors of the rows' gradients", out, rows * layout.width);
    const session = await this.#graphs.load({ kind: "rowFactors", mode: "eval" });
    await session.run({ ...this.#bind(vectors, input, rows), outputGradient: dOutputs, outputs: out });
  }

  anchorShape(layerName: string): Promise<readonly number[]> {
    return this.activationShape(layerName);
  }

  async activationShape(layerName: string): Promise<readonly number[]> {
    let shape = this.#activationShapes.get(layerName);
    if (!shape) {
      shape = await this.#graphs.measureActivation(layerName);
      this.#activationShapes.set(layerName, shape);
    }
    return shape;
  }

  async activations(vectors: EngineVectors, input: EngineInput, layerName: string, out: Float32Array): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    const shape = await this.activationShape(layerName);
    assertLength(`what "${layerName}" gives`, out, rows * countElements(shape));
    const session = await this.#graphs.load({ kind: "activations", layerName, mode: this.#resolveMode(input) });
    await session.run({ ...this.#bind(vectors, input, rows), outputs: out });
  }

  async assertInputGradients(): Promise<void> {
    await this.#graphs.make({ kind: "inputGradients", mode: "eval" });
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
    const session = await this.#graphs.load({ kind: "inputGradients", mode, sharesTask: this.#shareTask(input) });
    await session.run({
      ...this.#bind(vectors, input, rows),
      outputGradient: dOutputs,
      outputs: out,
    });
  }

  async forgetWeights(): Promise<void> {
    await this.#graphs.releaseConstant();
  }

  async close(): Promise<void> {
    await this.#graphs.close();
  }

  /** Where all rows have one task label, their head alone is computed. */
  #shareTask({ taskLabels }: EngineInput): boolean {
    const [first] = taskLabels;
    return this.#graphs.mindsTasks && taskLabels.every((label) => label === first);
  }

  /** Most models compute the same in both modes: one session serves. */
  #resolveMode({ mode }: EngineInput): "train" | "eval" {
    return this.#dependsOnMode ? mode : "eval";
  }

  /** The session of a graph, in half precision where the call may be and the engine is of one. */
  #load(purpose: GraphPurpose, input: EngineInput): Promise<GraphSession> {
    const precision = input.half ? this.#precision : "float32";
    const mode = this.#resolveMode(input);
    return this.#graphs.load({ ...purpose, mode, sharesTask: this.#shareTask(input), precision });
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
}
