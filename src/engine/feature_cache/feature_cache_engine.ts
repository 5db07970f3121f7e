import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { countElements, type HostTensor } from "../../core/host_tensor.ts";
import { findEntry, type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";
import type { FlatVector } from "../device/device_vector.ts";
import type { DeviceComputer } from "../device/vector_program.ts";
import type {
  Engine,
  EngineInput,
  EngineResults,
  EngineVectors,
  Objective,
  RowGradientCall,
  SampleIdentity,
} from "../engine.ts";
import { FeatureStore } from "./feature_store.ts";
import type { SharedFeatures } from "./shared_features.ts";

/** What an engine with a cache of features is put together from. */
export interface FeatureCacheParts {
  /** Computes the whole model. */
  readonly whole: Engine;
  /** Computes the part behind `layerName`; its parameters are those of the whole. */
  readonly upper: Engine;
  readonly layerName: string;
  /** The shape of one row of what that layer gives. */
  readonly shape: readonly number[];
  /** The layers of that part. */
  readonly upperLayers: ReadonlySet<string>;
}

/**
 * Rows that features are computed for at one time, always as many: what a product of matrices gives for a row may
 * depend on their number, and must not depend on which samples are known already.
 */
const ROWS_AT_ONCE = 16;

/**
 * An engine that computes what lies below the first trained layer once a sample, and trains the rest on that. Rows that
 * say which samples they are go this way; others are computed from their values.
 */
export class FeatureCacheEngine implements Engine {
  readonly carrier?: string;
  readonly computer?: DeviceComputer;
  readonly #parts: FeatureCacheParts;
  readonly #upperState: Float32Array;
  readonly #features = new Map<number, Float32Array>();
  readonly #chunk: { x: Float32Array; readonly out: Float32Array; readonly taskLabels: Int32Array };
  #store: FeatureStore | undefined;

  /** @throws {RangeError} If the part has other parameters than the whole. */
  constructor(parts: FeatureCacheParts) {
    const { whole, upper, shape } = parts;
    if (upper.layout.size !== whole.layout.size) {
      throw new RangeRefusal(needs("the cache of features", `${whole.layout.size} parameters`, upper.layout.size));
    }
    this.#parts = parts;
    if (whole.carrier !== undefined) this.carrier = whole.carrier;
    if (whole.computer !== undefined) this.computer = whole.computer;
    const width = countElements(shape);
    this.#upperState = new Float32Array(upper.stateLayout.size);
    this.#chunk = {
      x: new Float32Array(0),
      out: new Float32Array(ROWS_AT_ONCE * width),
      taskLabels: new Int32Array(ROWS_AT_ONCE),
    };
  }

  useFeatures(features: SharedFeatures): void {
    this.#store?.close();
    this.#store = new FeatureStore(features);
  }

  knowsFeatures({ sourceIds, rows }: SampleIdentity): boolean {
    const store = this.#store;
    return store !== undefined && rows.every((row, i) => store.has(elementAt(sourceIds, i), row));
  }

  get name(): string {
    return this.#parts.whole.name;
  }

  get layout(): ParameterLayout {
    return this.#parts.whole.layout;
  }

  get stateLayout(): ParameterLayout {
    return this.#parts.whole.stateLayout;
  }

  get outputSize(): number {
    return this.#parts.whole.outputSize;
  }

  async forward(vectors: EngineVectors, input: EngineInput, outputs: Float32Array): Promise<void> {
    await this.#compute(vectors, input, (engine, own, given) => engine.forward(own, given, outputs));
  }

  async gradient(
    vectors: EngineVectors,
    input: EngineInput,
    objective: Objective,
    results: EngineResults<FlatVector>,
  ): Promise<void> {
    await this.#compute(vectors, input, (engine, own, given) => engine.gradient(own, given, objective, results));
  }

  async backward(
    vectors: EngineVectors,
    input: EngineInput,
    dOutputs: Float32Array,
    gradient: FlatVector,
  ): Promise<void> {
    await this.#compute(vectors, input, (engine, own, given) => engine.backward(own, given, dOutputs, gradient));
  }

  async sumRowGradients(call: RowGradientCall): Promise<boolean> {
    let isDone = false;
    await this.#compute(call.vectors, call.input, async (engine, vectors, input) => {
      isDone = (await engine.sumRowGradients?.({ ...call, vectors, input })) ?? false;
    });
    return isDone;
  }

  async activationShape(layerName: string): Promise<readonly number[]> {
    const { whole } = this.#parts;
    if (whole.activationShape) return whole.activationShape(layerName);
    throw new RangeRefusal(`the engine ${whole.name} cannot compute a layer's activations`);
  }

  async activations(vectors: EngineVectors, input: EngineInput, layerName: string, out: Float32Array): Promise<void> {
    const { whole, upperLayers, layerName: cut } = this.#parts;
    if (input.samples && this.#store && layerName === cut) out.set((await this.#findFeatures(vectors, input)).data);
    else if (!upperLayers.has(layerName)) await whole.activations?.(vectors, input, layerName, out);
    else
      await this.#compute(vectors, input, async (engine, own, part) => engine.activations?.(own, part, layerName, out));
  }

  async assertInputGradients(): Promise<void> {
    await this.#parts.whole.assertInputGradients?.();
  }

  async inputGradients(
    vectors: EngineVectors,
    input: EngineInput,
    dOutputs: Float32Array,
    out: Float32Array,
  ): Promise<void> {
    await this.#parts.whole.inputGradients?.(vectors, input, dOutputs, out);
  }

  async forgetWeights(): Promise<void> {
    await this.#parts.upper.forgetWeights?.();
    await this.#parts.whole.forgetWeights?.();
  }

  async close(): Promise<void> {
    this.#store?.close();
    await this.#parts.upper.close();
    await this.#parts.whole.close();
  }

  /** By the part behind the features where the samples are known, else by the whole. */
  async #compute(
    vectors: EngineVectors,
    input: EngineInput,
    work: (engine: Engine, vectors: EngineVectors, input: EngineInput) => Promise<void>,
  ): Promise<void> {
    const { whole, upper } = this.#parts;
    if (!input.samples || !this.#store) return work(whole, vectors, input);
    const x = await this.#findFeatures(vectors, input);
    for (const entry of upper.stateLayout.entries) {
      viewEntry(this.#upperState, entry).set(viewEntry(vectors.state, findEntry(whole.stateLayout, entry.name)));
    }
    await work(upper, { parameters: vectors.parameters, state: this.#upperState }, { ...input, x });
    if (input.mode === "eval") return;
    for (const entry of upper.stateLayout.entries) {
      viewEntry(vectors.state, findEntry(whole.stateLayout, entry.name)).set(viewEntry(this.#upperState, entry));
    }
  }

  /** [n, …shape], in memory of its own for each n, so that it can be bound once. */
  async #findFeatures(vectors: EngineVectors, input: EngineInput): Promise<HostTensor> {
    const { sourceIds = new Int32Array(0), rows = new Int32Array(0) } = input.samples ?? {};
    const { shape } = this.#parts;
    const width = countElements(shape);
    const data = this.#features.get(rows.length) ?? new Float32Array(rows.length * width);
    this.#features.set(rows.length, data);
    const missing: number[] = [];
    for (let i = 0; i < rows.length; i++) {
      const target = data.subarray(i * width, (i + 1) * width);
      if (!this.#store?.read(elementAt(sourceIds, i), elementAt(rows, i), target)) missing.push(i);
    }
    for (let from = 0; from < missing.length; from += ROWS_AT_ONCE) {
      const taken = missing.slice(from, from + ROWS_AT_ONCE);
      await this.#computeFeatures(vectors, input, taken);
      for (const [place, i] of taken.entries()) {
        const features = this.#chunk.out.subarray(place * width, (place + 1) * width);
        data.set(features, i * width);
        this.#store?.write(elementAt(sourceIds, i), elementAt(rows, i), features);
      }
    }
    return { data, shape: [rows.length, ...shape] };
  }

  /** Of these rows of the input, into the chunk's output; rows that are too few are made up by the first. */
  async #computeFeatures(vectors: EngineVectors, input: EngineInput, taken: readonly number[]): Promise<void> {
    const { whole, layerName } = this.#parts;
    const [, ...sampleShape] = input.x.shape;
    const size = countElements(sampleShape);
    if (this.#chunk.x.length !== ROWS_AT_ONCE * size) this.#chunk.x = new Float32Array(ROWS_AT_ONCE * size);
    for (let place = 0; place < ROWS_AT_ONCE; place++) {
      const i = taken[place] ?? elementAt(taken, 0);
      this.#chunk.x.set(input.x.data.subarray(i * size, (i + 1) * size), place * size);
    }
    const { dropoutKey } = input;
    const x = { data: this.#chunk.x, shape: [ROWS_AT_ONCE, ...sampleShape] };
    const given = { x, taskLabels: this.#chunk.taskLabels, mode: "eval", dropoutKey } as const;
    await whole.activations?.(vectors, given, layerName, this.#chunk.out);
  }
}
