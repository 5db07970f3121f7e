import * as tf from "@tensorflow/tfjs";
import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal, RefusalError, TypeRefusal } from "../../core/errors/errors.ts";
import { fitShape } from "../../core/fit_shape.ts";
import { countElements } from "../../core/host_tensor.ts";
import { type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";
import { assertObjective } from "../assert_objective.ts";
import { assertTaskLabels } from "../assert_task_labels.ts";
import { clearEntries } from "../clear_entries.ts";
import { type FlatVector, requireHost } from "../device/device_vector.ts";
import type { Engine, EngineInput, EngineResults, EngineVectors, Objective } from "../engine.ts";
import type { ModelTopology } from "../model_topology.ts";
import { assertDifferentiable } from "./assert_differentiable.ts";
import { loadTfjsBackend, type TfjsBackend } from "./backends/backends.ts";
import { type Readback, readBack } from "./backends/readback.ts";
import { flushGradient } from "./flush_gradient.ts";
import { type DropoutControl, takeOverDropout } from "./layers/dropout_layers.ts";
import type { MultiHeadClassifier } from "./layers/multi_head_classifier.ts";
import { repairLayers } from "./layers/repaired_layers.ts";
import { createModelInputs, findTaskLabelsInput, listMultiHeads } from "./model_inputs.ts";
import { assertTrainableModel, loadModel } from "./model_loading.ts";
import { cutModel, type ModelPart } from "./model_parts.ts";
import { listModelVariables, type ModelVariables, writeVariables } from "./model_variables.ts";
import { computeRowLosses } from "./row_losses.ts";

/** What a TF.js engine is made of. */
export interface TfjsEngineOptions {
  readonly topology: ModelTopology;
  /** Default "auto". The first engine of a process or Worker decides it for all. */
  readonly backend?: "auto" | TfjsBackend;
}

/**
 * Loads a model into TF.js: the reference engine, for any `tf.LayersModel` with one input (beside task labels) and an
 * output of [N, C], custom layers included. It keeps no tape between calls, so `backward` runs the forward pass again,
 * with the same dropout masks. In mode "train", `forward` and `gradient` write the new moving statistics into
 * `vectors.state` (`backward` does not: they were counted by its `forward`).
 * @throws {Error} If the backend is missing or another one was chosen before.
 * @throws {RangeError} If the model is of a kind that cannot be trained; see `assertTrainableModel` and
 * `assertDifferentiable`.
 */
export async function createTfjsEngine({ topology, backend = "auto" }: TfjsEngineOptions): Promise<Engine> {
  const name = `tfjs-${await loadTfjsBackend(backend)}`;
  const model = await loadModel(topology);
  try {
    const outputSize = assertTrainableModel(model);
    assertDifferentiable(model);
    repairLayers(model);
    return new TfjsEngine({
      name,
      model,
      outputSize,
      variables: listModelVariables(model),
      dropout: takeOverDropout(model),
    });
  } catch (error) {
    model.dispose();
    throw error;
  }
}

interface TfjsEngineParts {
  readonly name: string;
  readonly model: tf.LayersModel;
  readonly outputSize: number;
  readonly variables: ModelVariables;
  readonly dropout: DropoutControl;
}

class TfjsEngine implements Engine {
  readonly name: string;
  readonly layout: ParameterLayout;
  readonly stateLayout: ParameterLayout;
  readonly outputSize: number;
  readonly #model: tf.LayersModel;
  readonly #variables: ModelVariables;
  readonly #dropout: DropoutControl;
  readonly #heads: readonly MultiHeadClassifier[];
  readonly #parts = new Map<string, ModelPart>();

  constructor({ name, model, outputSize, variables, dropout }: TfjsEngineParts) {
    this.name = name;
    this.layout = variables.layout;
    this.stateLayout = variables.stateLayout;
    this.outputSize = outputSize;
    this.#model = model;
    this.#variables = variables;
    this.#dropout = dropout;
    this.#heads = listMultiHeads(model);
  }

  async forward(vectors: EngineVectors, input: EngineInput, outputs: Float32Array): Promise<void> {
    this.#assertInput(input);
    this.#assertLength("outputs", outputs, countRows(input) * this.outputSize);
    this.#load(vectors);
    await readBack(() => [
      { tensor: this.#apply(input), destination: outputs },
      ...this.#listStateReadbacks(vectors, input),
    ]);
  }

  async gradient(
    vectors: EngineVectors,
    input: EngineInput,
    objective: Objective,
    results: EngineResults<FlatVector>,
  ): Promise<void> {
    const rows = countRows(input);
    this.#assertInput(input);
    this.#assertLength("outputs", results.outputs, rows * this.outputSize);
    assertObjective(objective, { rows, outputs: this.outputSize });
    if (objective.anchor) throw new RangeRefusal(needs("the engine tfjs", "an objective without an anchor", "one"));
    this.#assertLength("losses", results.losses, rows);
    this.#load(vectors);
    // variableGrads tidies up after the forward pass: what is to be read of it must be kept.
    const kept: Readback[] = [];
    await readBack(() => {
      const targets = tf.tensor2d(objective.targets.slice(), [rows, this.outputSize]);
      const weights = tf.tensor1d(objective.weights.slice());
      const gradients = this.#differentiate(() => {
        const outputs = tf.keep(this.#apply(input));
        kept.push({ tensor: outputs, destination: results.outputs });
        const losses = tf.keep(computeRowLosses(objective, flushGradient(outputs), targets));
        kept.push({ tensor: losses, destination: results.losses });
        return tf.sum(tf.mul(weights, losses));
      }, results.gradient);
      return [...kept, ...gradients, ...this.#listStateReadbacks(vectors, input)];
    }).finally(() => tf.dispose(kept.map(({ tensor }) => tensor)));
    clearEntries(results.gradient, this.layout, new Set(input.held));
  }

  async backward(
    vectors: EngineVectors,
    input: EngineInput,
    dOutputs: Float32Array,
    gradient: FlatVector,
  ): Promise<void> {
    const rows = countRows(input);
    this.#assertInput(input);
    this.#assertLength("dOutputs", dOutputs, rows * this.outputSize);
    if (this.layout.size === 0) return;
    this.#load(vectors);
    await readBack(() => {
      const weights = tf.tensor2d(dOutputs.slice(), [rows, this.outputSize]);
      return this.#differentiate(() => tf.sum(tf.mul(this.#apply(input), weights)), gradient);
    });
    clearEntries(gradient, this.layout, new Set(input.held));
  }

  async activationShape(layerName: string): Promise<readonly number[]> {
    return this.#cut(layerName).shape;
  }

  async activations(vectors: EngineVectors, input: EngineInput, layerName: string, out: Float32Array): Promise<void> {
    const { model, shape } = this.#cut(layerName);
    this.#assertInput(input);
    const length = countRows(input) * countElements(shape);
    this.#assertLength(`values of what "${layerName}" gives`, out, length);
    this.#load(vectors);
    await readBack(() => [{ tensor: this.#applyModel(model, input), destination: out }]);
  }

  async assertInputGradients(): Promise<void> {
    const table = this.#model.layers.find((layer) => layer.getClassName() === "Embedding");
    if (!table) return;
    const wanted = `samples that are values, not ids (of the layer ${table.name})`;
    throw new RangeRefusal(`gradients of samples need ${wanted}; the samples of ${this.#model.name} are ids`);
  }

  async inputGradients(
    vectors: EngineVectors,
    input: EngineInput,
    dOutputs: Float32Array,
    out: Float32Array,
  ): Promise<void> {
    const rows = countRows(input);
    await this.assertInputGradients();
    this.#assertInput(input);
    this.#assertLength("dOutputs", dOutputs, rows * this.outputSize);
    this.#assertLength("values of the samples' gradient", out, input.x.data.length);
    this.#load(vectors);
    await readBack(() => {
      const weights = tf.tensor2d(dOutputs.slice(), [rows, this.outputSize]);
      return [{ tensor: this.#differentiateSamples(input, weights), destination: out }];
    });
  }

  async close(): Promise<void> {
    disposeModel(this.#model, this.#variables);
  }

  #load(vectors: EngineVectors): void {
    writeVariables(this.#variables.trainable, this.layout, requireHost(vectors.parameters, this.name));
    writeVariables(this.#variables.state, this.stateLayout, vectors.state);
  }

  /** Outputs [n, C]. */
  #apply(input: EngineInput): tf.Tensor2D {
    return tf.reshape<tf.Rank.R2>(this.#applyModel(this.#model, input), [-1, this.outputSize]);
  }

  #applyModel(model: tf.LayersModel, input: EngineInput, inputs = createModelInputs(model, input)): tf.Tensor {
    this.#dropout.setKey(input.dropoutKey);
    const output = model.apply(inputs, { training: input.mode === "train" });
    if (!(output instanceof tf.Tensor)) throw new TypeRefusal(needs("the model", "a tensor", output));
    return output;
  }

  #cut(layerName: string): ModelPart {
    const part = this.#parts.get(layerName) ?? cutModel(this.#model, layerName);
    this.#parts.set(layerName, part);
    return part;
  }

  /** dObjective/dParameters, by variable; those on which the objective does not depend get 0 at once. */
  #differentiate(objective: () => tf.Scalar, vector: FlatVector): Readback[] {
    const gradient = requireHost(vector, this.name);
    this.#assertLength("gradient", gradient, this.layout.size);
    gradient.fill(0);
    if (this.layout.size === 0) {
      // All is frozen: TF.js refuses that, but who asks wants the outputs and losses too.
      objective();
      return [];
    }
    const { grads } = tf.variableGrads(objective, [...this.#variables.trainable]);
    return this.layout.entries.flatMap((entry, i) => {
      const tensor = grads[elementAt(this.#variables.trainable, i).name];
      return tensor ? [{ tensor, destination: viewEntry(gradient, entry) }] : [];
    });
  }

  /** (dOutputs/dSamples)ᵀ dOutputs [n, …sampleShape]. */
  #differentiateSamples(input: EngineInput, dOutputs: tf.Tensor): tf.Tensor {
    const inputs = [createModelInputs(this.#model, input)].flat();
    const at = findTaskLabelsInput(this.#model) === 0 ? 1 : 0;
    const samples = inputs[at];
    if (!samples) throw new RefusalError("there are no samples to differentiate");
    const objective = (x: tf.Tensor): tf.Tensor => {
      const outputs = this.#applyModel(this.#model, input, inputs.with(at, x));
      return tf.sum(tf.mul(tf.reshape(outputs, [-1, this.outputSize]), dOutputs));
    };
    return tf.grad(objective)(samples);
  }

  get #sampleShape(): readonly (number | null)[] {
    const labelsAt = findTaskLabelsInput(this.#model);
    return elementAt(this.#model.inputs, labelsAt === 0 ? 1 : 0).shape.slice(1);
  }

  /** The moving statistics after a training pass; nothing after any other. */
  #listStateReadbacks(vectors: EngineVectors, input: EngineInput): Readback[] {
    if (input.mode === "eval") return [];
    return this.stateLayout.entries.flatMap((entry, i) => {
      const tensor = this.#variables.state[i];
      return tensor ? [{ tensor, destination: viewEntry(vectors.state, entry) }] : [];
    });
  }

  #assertInput({ x, taskLabels }: EngineInput): void {
    const sampleShape = x.shape.slice(1);
    const wanted = this.#sampleShape;
    if (!fitShape(sampleShape, wanted)) {
      throw new RangeRefusal(needs(`${this.#model.name}`, `samples of shape [${wanted}]`, sampleShape));
    }
    for (const head of this.#heads) assertTaskLabels(head, { x, taskLabels });
  }

  #assertLength(name: string, array: Float32Array, length: number): void {
    if (array.length !== length) {
      throw new RangeRefusal(needs(`${this.#model.name}`, `${length} ${name}`, array.length));
    }
  }
}

/** A model counts the uses of its layers, and so keeps one that is used twice. */
function disposeModel(model: tf.LayersModel, { trainable, state }: ModelVariables): void {
  model.dispose();
  for (const variable of [...trainable, ...state]) {
    if (!variable.isDisposed) variable.dispose();
  }
}

function countRows(input: EngineInput): number {
  return elementAt(input.x.shape, 0);
}
