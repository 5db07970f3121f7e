import { elementAt } from "../../core/element_at.ts";
import { countElements } from "../../core/host_tensor.ts";
import { type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";
import {
  buildActivationGraph,
  buildBackwardGraph,
  buildForwardGraph,
  buildInputGradientGraph,
  buildRowGradientGraph,
  buildTrainingGraph,
  measureOutput,
} from "../../onnx/engine_graphs.ts";
import type { Graph } from "../../onnx/graph.ts";
import type { ModelSpec } from "../../onnx/layers/layer_spec.ts";
import { dependsOnMode } from "../../onnx/layers/layers.ts";
import type { RowMeasure } from "../../onnx/row_measure.ts";
import { sampleShapeOf } from "../../onnx/shape.ts";
import { shareTask } from "../../onnx/topology/share_task.ts";
import { assertObjective } from "../assert_objective.ts";
import type { Engine, EngineInput, EngineResults, ModelVectors, Objective, RowGradientCall } from "../engine.ts";
import { assertCall, assertLength } from "./assert_call.ts";
import { findChannelLanes } from "./channel_lanes.ts";
import type { GraphSession, RunTensors } from "./graph_session.ts";
import { assertDeviceIsThere } from "./open_device.ts";
import { type LoadingOptions, SessionCache } from "./session_cache.ts";
import { createSessionOptions } from "./session_options.ts";
import { Staging } from "./staging.ts";
import { VectorTensors } from "./vector_tensors.ts";

/** What an onnxruntime engine is made from. */
export interface OnnxruntimeEngineOptions {
  /** The model, read by `parseTopology`: plain data, so that one reading serves all replicas. */
  readonly spec: ModelSpec;
  /** "cpu" (the default), "webgpu" or "cuda:NUMBER". */
  readonly device?: string;
  /** Threads within one operator, 1 by default. */
  readonly intraOpThreads?: number;
}

/**
 * The fast engine: the model's layers become ONNX graphs, with the backward pass that our differentiation adds, and
 * onnxruntime runs them. Graphs are built and loaded when they are first needed. In mode "train", `forward` and
 * `gradient` write the new moving statistics into `vectors.state`; `backward` does not, as its `forward` did.
 * @throws {RangeError} If the device is unknown, or the model has not one output [N, C].
 * @throws {Error} If the device is not there; the message says what it needs.
 */
export async function createOnnxruntimeEngine(options: OnnxruntimeEngineOptions): Promise<Engine> {
  const settings = { device: options.device ?? "cpu", intraOpThreads: options.intraOpThreads ?? 1 };
  // Settings that are wrong are refused before anything is loaded.
  createSessionOptions(settings);
  const isCpu = settings.device === "cpu";
  if (!isCpu) await assertDeviceIsThere(settings);
  const findLanes = isCpu ? findChannelLanes : async () => undefined;
  return new OnnxruntimeEngine(options.spec, { settings, findLanes });
}

class OnnxruntimeEngine implements Engine {
  readonly name = "onnxruntime";
  readonly layout: ParameterLayout;
  readonly stateLayout: ParameterLayout;
  readonly outputSize: number;
  readonly #spec: ModelSpec;
  /** The model for rows that share a task; undefined where tasks do not matter. */
  readonly #taskSpec: ModelSpec | undefined;
  readonly #sessions: SessionCache;
  /** Undefined for a measure that this model's gradients cannot be taken of in one pass. */
  readonly #rowGraphs = new Map<RowMeasure, Graph | undefined>();
  readonly #staging = new Staging();
  readonly #vectors = new VectorTensors();
  readonly #newState: Float32Array;
  readonly #activationShapes = new Map<string, readonly number[]>();

  constructor(spec: ModelSpec, loading: LoadingOptions) {
    this.#spec = spec;
    this.#taskSpec = shareTask(spec);
    this.#sessions = new SessionCache(loading);
    this.layout = spec.layout;
    this.stateLayout = spec.stateLayout;
    this.#newState = new Float32Array(spec.stateLayout.size);
    this.outputSize = measureOutput(spec);
  }

  async forward(vectors: ModelVectors, input: EngineInput, outputs: Float32Array): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    assertLength("outputs", outputs, rows * this.outputSize);
    const mode = this.#resolveMode(input);
    const { key, spec } = this.#chooseSpec(input);
    const session = await this.#sessions.load(`${key}forward ${mode}`, () => buildForwardGraph(spec, mode));
    await this.#run(session, {
      ...this.#bind(vectors, input, rows),
      outputs: this.#staging.write("outputs", outputs),
      newState: this.#bindNewState(),
    });
    this.#keepState(session, vectors.state);
  }

  async gradient(
    vectors: ModelVectors,
    input: EngineInput,
    objective: Objective,
    results: EngineResults,
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
    const session = await this.#sessions.load(
      `${key}${kind} ${wanted.hasClassMask} ${wanted.hasElementWeights} ${mode}`,
      () => buildTrainingGraph(spec, wanted, mode),
    );
    await this.#run(session, {
      ...this.#bind(vectors, input, rows),
      targets: this.#staging.read("targets", objective.targets),
      weights: this.#staging.read("weights", objective.weights),
      ...(classMask ? { classMask: this.#staging.read("classMask", classMask) } : {}),
      ...(elementWeights ? { elementWeights: this.#staging.read("elementWeights", elementWeights) } : {}),
      ...(constant === undefined ? {} : { constant: Float32Array.of(constant) }),
      outputs: this.#staging.write("outputs", results.outputs),
      losses: this.#staging.write("losses", results.losses),
      gradients: this.#bindGradient(results.gradient),
      newState: this.#bindNewState(),
    });
    this.#clearUnreached(session, results.gradient);
    this.#keepState(session, vectors.state);
  }

  async backward(
    vectors: ModelVectors,
    input: EngineInput,
    dOutputs: Float32Array,
    gradient: Float32Array,
  ): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    assertLength("dOutputs", dOutputs, rows * this.outputSize);
    assertLength("gradient", gradient, this.layout.size);
    const mode = this.#resolveMode(input);
    const { key, spec } = this.#chooseSpec(input);
    const session = await this.#sessions.load(`${key}backward ${mode}`, () => buildBackwardGraph(spec, mode));
    await this.#run(session, {
      ...this.#bind(vectors, input, rows),
      outputGradient: this.#staging.read("dOutputs", dOutputs),
      gradients: this.#bindGradient(gradient),
    });
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
    await this.#run(session, {
      ...this.#bind(vectors, input, rows),
      outputGradient: this.#staging.read("dOutputs", dOutputs),
      gradients: this.#bindGradient(gradient),
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

  async activations(vectors: ModelVectors, input: EngineInput, layerName: string, out: Float32Array): Promise<void> {
    const rows = assertCall(this.#spec, vectors, input);
    const shape = this.activationShape(layerName);
    assertLength(`what "${layerName}" gives`, out, rows * countElements(shape));
    const mode = this.#resolveMode(input);
    const build = () => buildActivationGraph(this.#spec, layerName, mode);
    const session = await this.#sessions.load(`layer ${layerName} ${mode}`, build);
    await this.#run(session, { ...this.#bind(vectors, input, rows), outputs: this.#staging.write("activations", out) });
  }

  assertInputGradients(): void {
    buildInputGradientGraph(this.#spec, "eval");
  }

  async inputGradients(
    vectors: ModelVectors,
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
    await this.#run(session, {
      ...this.#bind(vectors, input, rows),
      outputGradient: this.#staging.read("dOutputs", dOutputs),
      outputs: this.#staging.write("dSamples", out),
    });
  }

  async close(): Promise<void> {
    this.#vectors.clear();
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
    return this.#spec.layers.some(dependsOnMode) ? mode : "eval";
  }

  #bind(vectors: ModelVectors, input: EngineInput, rows: number): RunTensors {
    const parameters = this.#staging.read("parameters", vectors.parameters);
    const state = this.#staging.read("state", vectors.state);
    return {
      rows,
      samples: this.#staging.read("samples", input.x.data),
      taskLabels: input.taskLabels,
      dropoutKey: input.dropoutKey,
      parameters: this.#vectors.get(parameters, this.layout),
      state: this.#vectors.get(state, this.stateLayout),
    };
  }

  #bindGradient(gradient: Float32Array): NonNullable<RunTensors["gradients"]> {
    return this.#vectors.get(this.#staging.write("gradient", gradient), this.layout);
  }

  /** Graphs write new state beside the old, so that a failed run leaves that as it was. */
  #bindNewState(): NonNullable<RunTensors["newState"]> {
    return this.#vectors.get(this.#newState, this.stateLayout);
  }

  #keepState({ graph }: GraphSession, state: Float32Array): void {
    for (const { role } of graph.outputs) {
      if (role.kind === "newState") viewEntry(state, role.entry).set(viewEntry(this.#newState, role.entry));
    }
  }

  async #run(session: GraphSession, tensors: RunTensors): Promise<void> {
    try {
      await session.run(tensors);
      this.#staging.flush();
    } finally {
      this.#staging.discard();
    }
  }

  /** Zeroes the gradients of parameters on which the output does not depend: the graph does not write them. */
  #clearUnreached({ graph }: GraphSession, gradient: Float32Array): void {
    const written = new Set(graph.outputs.map(({ role }) => (role.kind === "gradient" ? role.entry.name : "")));
    for (const entry of this.layout.entries) {
      if (!written.has(entry.name)) viewEntry(gradient, entry).fill(0);
    }
  }
}
