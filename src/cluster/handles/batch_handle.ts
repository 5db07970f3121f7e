import { elementAt } from "../../core/element_at.ts";
import { RangeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { flushTiny } from "../../core/vector.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Mixing } from "../../data/transforms/mixing.ts";
import type { ComputeRequest } from "../compute_request.ts";
import { type BatchMemory, createBatchMemory } from "../memory/replica_memory.ts";
import { numberObjective, type ObjectiveWriter } from "../objective_writer.ts";
import { MIXING_KINDS, Word } from "../protocol/control_block.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";

/**
 * When replicas know more sources than this, they forget those that the next minibatch is not of: programs that go on
 * learning make a source of whatever comes in.
 */
const KNOWN_SOURCES = 256;

/** Whether outputs are wanted, and where. */
interface OutputsWanted {
  readonly outputs?: boolean | undefined;
  readonly into?: Float32Array | undefined;
}

/**
 * Coordinator-side handle to the minibatch buffers: writes samples, sends new sources, grows the memory.
 */
export class BatchHandle {
  readonly #group: ReplicaGroup;
  readonly #control: Int32Array;
  #outputSize: number;
  readonly #knownSources = new Set<number>();
  #memory: BatchMemory;
  #placed: Dataset | undefined;
  #batchId = 0;
  #mixing: Mixing | undefined;
  #mixingNumber = 0;

  constructor(group: ReplicaGroup, control: Int32Array, outputSize: number) {
    this.#group = group;
    this.#control = control;
    this.#outputSize = outputSize;
    this.#memory = createBatchMemory(0, outputSize);
  }

  /** Prepares for a model with outputs of another width; the sources that replicas know stay known. */
  changeOutputSize(outputSize: number): void {
    this.#outputSize = outputSize;
    this.#memory = createBatchMemory(0, outputSize);
    this.#placed = undefined;
    this.#mixing = undefined;
  }

  /** Makes the request's samples the current minibatch; costs nothing when they are it already. */
  async place({ samples, augmentation = 0, mixing }: ComputeRequest): Promise<void> {
    const size = samples.length;
    if (this.#placed !== samples) {
      await this.#sendNewSources(samples);
      if (size > this.#memory.capacity) await this.#grow(size);
      this.#memory.sourceIds.set(samples.references.sourceIds);
      this.#memory.rows.set(samples.references.rows);
      this.#memory.taskLabels.set(samples.targetsTaskLabels);
      this.#placed = samples;
      this.#batchId += 1;
    }
    this.#control[Word.batchId] = this.#batchId;
    this.#control[Word.batchSize] = size;
    this.#control[Word.augmentation] = augmentation;
    this.#control[Word.mixing] = mixing ? this.#placeMixing(mixing) : 0;
  }

  /**
   * Has the objective write its targets, weights, class mask and constant.
   * @throws {RangeError} If the class mask is not one number an output, or there is no such kind of objective.
   */
  writeObjective(objective: ObjectiveWriter): void {
    const size = this.#size;
    const { classMask } = objective;
    this.#control[Word.objective] = numberObjective(objective.kind);
    if (classMask && classMask.length !== this.#outputSize) {
      throw new RangeRefusal(`classMask must have ${this.#outputSize} values, one an output, got ${classMask.length}`);
    }
    if (classMask) this.#memory.classMask.set(classMask);
    this.#control[Word.classMask] = classMask ? 1 : 0;
    this.#memory.constant[0] = objective.constant ?? Number.NaN;
    objective.write(this.#memory.targets.subarray(0, size * this.#outputSize), this.#memory.weights.subarray(0, size));
    objective.writeElementWeights?.(this.#memory.elementWeights.subarray(0, size * this.#outputSize));
    this.#control[Word.elementWeights] = objective.writeElementWeights ? 1 : 0;
  }

  /** Tiny values are flushed to 0: backward passes would make subnormal numbers of them. */
  writeOutputGradient(dOutput: Float32Array): void {
    const { dOutputs } = this.#memory;
    dOutputs.set(dOutput);
    for (let i = 0; i < dOutput.length; i++) dOutputs[i] = flushTiny(dOutput[i] ?? 0);
  }

  /** A copy of the outputs [B, C], `into` where that is given; of no rows where a request wants none. */
  readOutputs({ outputs = true, into }: OutputsWanted): HostTensor {
    const rows = outputs ? this.#size : 0;
    const size = rows * this.#outputSize;
    const data = into?.subarray(0, size) ?? new Float32Array(size);
    data.set(this.#memory.outputs.subarray(0, size));
    return { data, shape: [rows, this.#outputSize] };
  }

  /** Σ weight · loss over the rows, in their order, and what holds their features. */
  sumObjective(): number {
    const { weights, losses, anchorLosses } = this.#memory;
    const isAnchored = this.#control[Word.anchored] === 1;
    let sum = 0;
    for (let i = 0; i < this.#size; i++) sum += (weights[i] ?? 0) * (losses[i] ?? 0);
    for (let i = 0; isAnchored && i < this.#size; i++) sum += anchorLosses[i] ?? 0;
    return sum;
  }

  /** @returns The number of this way of mixing the minibatch. */
  #placeMixing(mixing: Mixing): number {
    if (mixing === this.#mixing) return this.#mixingNumber;
    const { partners, shares, rectangles } = this.#memory.mixing;
    partners.set(mixing.partners);
    shares.set(mixing.shares);
    rectangles.set(mixing.rectangles);
    this.#control[Word.mixingKind] = MIXING_KINDS.indexOf(mixing.kind);
    this.#mixing = mixing;
    this.#mixingNumber += 1;
    return this.#mixingNumber;
  }

  get #size(): number {
    return elementAt(this.#control, Word.batchSize);
  }

  async #sendNewSources(samples: Dataset): Promise<void> {
    const unknown = [...samples.sources.values()].filter((source) => !this.#knownSources.has(source.id));
    if (unknown.length === 0) return;
    if (this.#knownSources.size + unknown.length <= KNOWN_SOURCES) {
      await this.#group.send({ kind: "addSources", sources: unknown });
    } else {
      this.#knownSources.clear();
      await this.#group.send({ kind: "setSources", sources: [...samples.sources.values()] });
    }
    for (const id of samples.sources.keys()) this.#knownSources.add(id);
  }

  async #grow(size: number): Promise<void> {
    const memory = createBatchMemory(size, this.#outputSize);
    await this.#group.send({ kind: "setBatch", batch: memory });
    this.#memory = memory;
    this.#mixing = undefined;
  }
}
