import { elementAt } from "../../core/element_at.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { DataSource } from "../../data/data_source.ts";
import { gatherSamples } from "../../data/gather.ts";
import type { AugmentationKey } from "../../data/transforms/augmentation.ts";
import type { DropoutKey, EngineInput, Objective } from "../../engine/engine.ts";
import type { BatchMemory } from "../memory/replica_memory.ts";
import { OBJECTIVE_KINDS } from "../objective_writer.ts";
import { Word } from "../protocol/control_block.ts";

/** The rows [start, end) of the minibatch that a shard holds. */
interface ShardRange {
  readonly start: number;
  readonly end: number;
}

/**
 * One shard's private arrays, n rows: the gathered input and the results before they are copied to shared memory. Kept
 * from step to step, so that an engine can bind its tensors to them once.
 */
export class ShardBuffers {
  readonly rows: number;
  readonly outputs: Float32Array;
  readonly dOutputs: Float32Array;
  readonly #losses: Float32Array;
  readonly #targets: Float32Array;
  readonly #weights: Float32Array;
  readonly #classMask: Float32Array;
  readonly #elementWeights: Float32Array;
  readonly #taskLabels: Int32Array;
  readonly #outputSize: number;
  #x = new Float32Array(0);
  #activations = new Float32Array(0);
  #shape: readonly number[] = [];
  #batchId = -1;
  #augmentationStep = 0;

  constructor(rows: number, outputSize: number) {
    this.rows = rows;
    this.#outputSize = outputSize;
    this.outputs = new Float32Array(rows * outputSize);
    this.dOutputs = new Float32Array(rows * outputSize);
    this.#losses = new Float32Array(rows);
    this.#targets = new Float32Array(rows * outputSize);
    this.#weights = new Float32Array(rows);
    this.#classMask = new Float32Array(outputSize);
    this.#elementWeights = new Float32Array(rows * outputSize);
    this.#taskLabels = new Int32Array(rows);
  }

  /** Reads the shard's samples, unless they are the ones it holds already. */
  gather(
    sources: ReadonlyMap<number, DataSource>,
    batch: BatchMemory,
    { batchId, augmentation, ...range }: ShardRange & { batchId: number; augmentation: AugmentationKey },
  ): void {
    if (this.#batchId === batchId && this.#augmentationStep === augmentation.step) return;
    const source = sources.get(elementAt(batch.sourceIds, range.start));
    if (!source)
      throw new Error(`Cannot gather a minibatch: data source ${batch.sourceIds[range.start]} is not known here`);
    const size = countElements(source.sampleShape);
    if (this.#x.length !== this.rows * size) this.#x = new Float32Array(this.rows * size);
    this.#shape = [this.rows, ...source.sampleShape];
    gatherSamples(sources, batch, range, this.#x, augmentation);
    this.#taskLabels.set(batch.taskLabels.subarray(range.start, range.end));
    this.#batchId = batchId;
    this.#augmentationStep = augmentation.step;
  }

  /** What the engine is given. */
  createInput(mode: EngineInput["mode"], dropoutKey: DropoutKey): EngineInput {
    return { x: { data: this.#x, shape: this.#shape }, taskLabels: this.#taskLabels, mode, dropoutKey };
  }

  readOutputGradient(batch: BatchMemory, range: ShardRange): void {
    this.dOutputs.set(batch.dOutputs.subarray(range.start * this.#outputSize, range.end * this.#outputSize));
  }

  /** The objective that the coordinator has written for these rows; `control` says of which parts it is made. */
  readObjective(control: Int32Array, batch: BatchMemory, range: ShardRange): Objective {
    const [start, end] = [range.start * this.#outputSize, range.end * this.#outputSize];
    const kind = elementAt(OBJECTIVE_KINDS, elementAt(control, Word.objective));
    const constant = elementAt(batch.constant, 0);
    const [isMasked, isWeighed] = [control[Word.classMask] === 1, control[Word.elementWeights] === 1];
    this.#targets.set(batch.targets.subarray(start, end));
    this.#weights.set(batch.weights.subarray(range.start, range.end));
    if (isMasked) this.#classMask.set(batch.classMask);
    if (isWeighed) this.#elementWeights.set(batch.elementWeights.subarray(start, end));
    return {
      kind,
      targets: this.#targets,
      weights: this.#weights,
      ...(Number.isNaN(constant) ? {} : { constant }),
      ...(isMasked ? { classMask: this.#classMask } : {}),
      ...(isWeighed ? { elementWeights: this.#elementWeights } : {}),
    };
  }

  get results(): { readonly outputs: Float32Array; readonly losses: Float32Array } {
    return { outputs: this.outputs, losses: this.#losses };
  }

  /** Room for what a layer gives, `width` values a row; valid until the next request. */
  activationsOf(width: number): Float32Array {
    if (this.#activations.length !== this.rows * width) this.#activations = new Float32Array(this.rows * width);
    return this.#activations;
  }

  areOutputsFinite(): boolean {
    return this.outputs.every(Number.isFinite);
  }

  areLossesFinite(): boolean {
    return this.#losses.every(Number.isFinite);
  }

  writeResults(batch: BatchMemory, range: ShardRange): void {
    batch.outputs.set(this.outputs, range.start * this.#outputSize);
    batch.losses.set(this.#losses, range.start);
  }
}
