import { elementAt } from "../../core/element_at.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { DataSource } from "../../data/data_source.ts";
import { gatherSamples } from "../../data/gather.ts";
import type { AugmentationKey } from "../../data/transforms/augmentation.ts";
import { type Mixing, mixedRow, mixRow } from "../../data/transforms/mixing.ts";
import type { DropoutKey, EngineInput, HalfStep, Objective, SampleIdentity } from "../../engine/engine.ts";
import type { BatchMemory } from "../memory/replica_memory.ts";
import { OBJECTIVE_KINDS } from "../objective_writer.ts";
import { Word } from "../protocol/control_block.ts";

/** What the engine is told of a call beside its rows. */
interface InputKeys {
  readonly dropoutKey: DropoutKey;
  readonly weightsNumber: number;
  readonly half: HalfStep | undefined;
  readonly held: readonly string[];
}

/** The rows [start, end) of the minibatch that a shard holds. */
interface ShardRange {
  readonly start: number;
  readonly end: number;
}

/** The rows of a minibatch, which minibatch it is, and how its samples are augmented. */
interface ShardPlace extends ShardRange {
  readonly batchId: number;
  readonly augmentation: AugmentationKey;
  /** The number of the way in which samples are mixed; 0 where they are not. */
  readonly mixing: number;
  readonly mixingKind: Mixing["kind"] | undefined;
}

/** What samples of a shard are mixed by. */
interface MixedShard extends Pick<ShardPlace, "augmentation"> {
  readonly range: ShardRange;
  readonly kind: Mixing["kind"];
  /** Of a sample. */
  readonly shape: readonly number[];
}

/**
 * One shard's private arrays, n rows: the gathered input and the results before they are copied to shared memory. Kept
 * from step to step, so that an engine can bind its tensors to them once: a number of rows that comes again finds the
 * memory that it had.
 */
export class ShardBuffers {
  readonly #outputSize: number;
  readonly #classMask: Float32Array;
  #rows = 0;
  #outputs = new Float32Array(0);
  #dOutputs = new Float32Array(0);
  #losses = new Float32Array(0);
  #anchorLosses = new Float32Array(0);
  #targets = new Float32Array(0);
  #weights = new Float32Array(0);
  #elementWeights = new Float32Array(0);
  #taskLabels = new Int32Array(0);
  #x = new Float32Array(0);
  #dSamples = new Float32Array(0);
  #activations = new Float32Array(0);
  #rowFactors = new Float32Array(0);
  #anchorTargets = new Float32Array(0);
  #shape: readonly number[] = [];
  #samples: SampleIdentity | undefined;
  #other = new Float32Array(0);
  /** Which samples are known: minibatch, augmentation and mixing. */
  #identified = "";
  /** Which ones' values are here. */
  #gathered = "";

  constructor(outputSize: number) {
    this.#outputSize = outputSize;
    this.#classMask = new Float32Array(outputSize);
  }

  /** n */
  get rows(): number {
    return this.#rows;
  }

  /** Goes over to another number of rows. What the arrays hold then is of no meaning. */
  resize(rows: number): void {
    if (rows === this.#rows) return;
    const size = rows * this.#outputSize;
    this.#outputs = resizeArray(this.#outputs, size);
    this.#dOutputs = resizeArray(this.#dOutputs, size);
    this.#losses = resizeArray(this.#losses, rows);
    this.#anchorLosses = resizeArray(this.#anchorLosses, rows);
    this.#targets = resizeArray(this.#targets, size);
    this.#weights = resizeArray(this.#weights, rows);
    this.#elementWeights = resizeArray(this.#elementWeights, size);
    this.#taskLabels = new Int32Array(rows);
    this.#rows = rows;
    this.#identified = "";
    this.#gathered = "";
  }

  get outputs(): Float32Array {
    return this.#outputs;
  }

  get dOutputs(): Float32Array {
    return this.#dOutputs;
  }

  /** Which samples the shard is about; undefined where some are changed as they are read, or written over. */
  get samples(): SampleIdentity | undefined {
    return this.#samples;
  }

  /** Takes in which samples the shard is about, without their values. */
  identify(
    sources: ReadonlyMap<number, DataSource>,
    batch: BatchMemory,
    { batchId, augmentation, mixing, ...range }: ShardPlace,
  ): void {
    const key = `${batchId} ${augmentation.step} ${mixing}`;
    if (this.#identified === key) return;
    this.#taskLabels.set(batch.taskLabels.subarray(range.start, range.end));
    const isAugmented = augmentation.step !== 0;
    this.#samples = mixing > 0 ? undefined : identifySamples(sources, batch, { ...range, isAugmented });
    this.#identified = key;
  }

  /** Reads the values of the shard's samples, unless they are the ones it holds already. */
  gather(
    sources: ReadonlyMap<number, DataSource>,
    batch: BatchMemory,
    { batchId, augmentation, mixing, mixingKind, ...range }: ShardPlace,
  ): void {
    const key = `${batchId} ${augmentation.step} ${mixing}`;
    if (this.#gathered === key) return;
    const source = sources.get(elementAt(batch.sourceIds, range.start));
    if (!source)
      throw new Error(`Cannot gather a minibatch: data source ${batch.sourceIds[range.start]} is not known here`);
    const size = countElements(source.sampleShape);
    this.#x = resizeArray(this.#x, this.rows * size);
    this.#shape = [this.rows, ...source.sampleShape];
    gatherSamples(sources, batch, range, this.#x, augmentation);
    if (mixingKind) this.#mix(sources, batch, { range, augmentation, kind: mixingKind, shape: source.sampleShape });
    this.#gathered = key;
  }

  /** Mixes into each sample its other, which may belong to another shard. */
  #mix(
    sources: ReadonlyMap<number, DataSource>,
    batch: BatchMemory,
    { range: { start, end }, augmentation, kind, shape }: MixedShard,
  ): void {
    const size = countElements(shape);
    this.#other = resizeArray(this.#other, size);
    for (let place = start; place < end; place++) {
      const row = mixedRow({ kind, ...batch.mixing }, place);
      if (row.share === 1) continue;
      const partner = elementAt(batch.mixing.partners, place);
      gatherSamples(sources, batch, { start: partner, end: partner + 1 }, this.#other, augmentation);
      const at = (place - start) * size;
      mixRow(this.#x.subarray(at, at + size), this.#other, { row, shape });
    }
  }

  /** What the engine is given. @param weightsNumber 0 for weights that may change. */
  createInput(mode: EngineInput["mode"], { dropoutKey, weightsNumber, half, held }: InputKeys): EngineInput {
    const x = { data: this.#x, shape: this.#shape };
    const samples = this.#samples ? { samples: this.#samples } : {};
    const weights = weightsNumber > 0 ? { weightsNumber } : {};
    const given = { x, taskLabels: this.#taskLabels, mode, dropoutKey, held, ...samples, ...weights };
    return half ? { ...given, half } : given;
  }

  readOutputGradient(batch: BatchMemory, range: ShardRange): void {
    this.#dOutputs.set(batch.dOutputs.subarray(range.start * this.#outputSize, range.end * this.#outputSize));
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
    return { outputs: this.#outputs, losses: this.#losses };
  }

  /** Room for what a layer gives, `width` values a row; valid until the next request. */
  activationsOf(width: number): Float32Array {
    this.#activations = resizeArray(this.#activations, this.rows * width);
    return this.#activations;
  }

  /** Room for the factors of the rows' own gradients, `width` values a row; valid until the next request. */
  rowFactorsOf(width: number): Float32Array {
    this.#rowFactors = resizeArray(this.#rowFactors, this.rows * width);
    return this.#rowFactors;
  }

  /** Room for what features are held to, `width` values a row; valid until the next request. */
  anchorTargetsOf(width: number): Float32Array {
    this.#anchorTargets = resizeArray(this.#anchorTargets, this.rows * width);
    return this.#anchorTargets;
  }

  /** Room for the gradient of the samples that were gathered; valid until the next request. */
  get dSamples(): Float32Array {
    this.#dSamples = resizeArray(this.#dSamples, this.#x.length);
    return this.#dSamples;
  }

  areOutputsFinite(): boolean {
    return this.#outputs.every(Number.isFinite);
  }

  /** How far each row's features are from what they are held to. */
  get anchorLosses(): Float32Array {
    return this.#anchorLosses;
  }

  /** With those of the anchor, where the command has one. */
  areLossesFinite(control: Int32Array): boolean {
    if (control[Word.anchored] === 1 && !this.#anchorLosses.every(Number.isFinite)) return false;
    return this.#losses.every(Number.isFinite);
  }

  /** Outputs only where the command wants them. */
  writeResults(control: Int32Array, batch: BatchMemory, range: ShardRange): void {
    if (control[Word.wantsOutputs] === 1) batch.outputs.set(this.#outputs, range.start * this.#outputSize);
    batch.losses.set(this.#losses, range.start);
    if (control[Word.anchored] === 1) batch.anchorLosses.set(this.#anchorLosses, range.start);
  }
}

/** Which samples these are; undefined where some are changed as they are read, or written over. */
function identifySamples(
  sources: ReadonlyMap<number, DataSource>,
  { sourceIds, rows }: BatchMemory,
  { start, end, isAugmented }: ShardRange & { readonly isAugmented: boolean },
): SampleIdentity | undefined {
  const ids = sourceIds.slice(start, end);
  for (const id of new Set(ids)) {
    const source = sources.get(id);
    if (!source || source.isScratch || (isAugmented && (source.augmentation || source.imageTransforms)))
      return undefined;
  }
  return { sourceIds: ids, rows: rows.slice(start, end) };
}

/** An array of that length: the same, or another in its memory where that is large enough. */
function resizeArray(array: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  if (array.length === length) return array;
  const isRoom = array.buffer.byteLength >= length * Float32Array.BYTES_PER_ELEMENT;
  return isRoom ? new Float32Array(array.buffer, 0, length) : new Float32Array(length);
}
