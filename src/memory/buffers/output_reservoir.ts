import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { readSaved } from "../../core/state/field.ts";
import { count, record, vector } from "../../core/state/state.ts";
import type { DataSource } from "../../data/data_source.ts";
import { Dataset } from "../../data/dataset.ts";
import { datasetField, type SourcesByName } from "../../data/saved_dataset.ts";
import { drawPositions } from "../selection/draw_samples.ts";

/** Samples with what a model once answered to each. */
export interface RememberedOutputs {
  readonly samples: Dataset;
  /** [N, C]; NaN where there was no output yet. */
  readonly outputs: HostTensor;
}

const OWNER = "a memory of outputs";

const SAVED = record({ samples: datasetField(), outputs: vector(), width: count(), seen: count() });

/**
 * A uniform sample of everything offered, each with the model's outputs at that moment (Vitter 1985, algorithm R). A
 * sample that is offered twice may be held twice, with other outputs. Costs as much as what is offered, however large
 * it is.
 */
export class OutputReservoir {
  readonly maxSize: number;
  /** Longer than what is held, as room for more is made in leaps: `maxSize` may be more than there will ever be. */
  #sourceIds = new Int32Array(0);
  #rows = new Int32Array(0);
  readonly #sources = new Map<number, DataSource>();
  /** [room, width] */
  #outputs: Float32Array = new Float32Array(0);
  #width = 0;
  #length = 0;
  #seen = 0;

  /** @param maxSize A whole number of at least 1. */
  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }

  /** Samples held. */
  get length(): number {
    return this.#length;
  }

  /** Offers samples with their outputs [N, C]. C may grow from call to call. */
  offer({ samples, outputs }: RememberedOutputs, random: RandomStream): void {
    const [, width] = matrixShape(outputs.shape);
    this.#reserve(Math.min(this.maxSize, this.#length + samples.length), width);
    const { sourceIds, rows } = samples.references;
    for (let i = 0; i < samples.length; i++) {
      this.#seen += 1;
      const slot = this.#length < this.maxSize ? this.#length++ : random.integer(this.#seen);
      if (slot >= this.maxSize) continue;
      this.#sourceIds[slot] = elementAt(sourceIds, i);
      this.#rows[slot] = elementAt(rows, i);
      const start = slot * this.#width;
      this.#outputs.fill(Number.NaN, start, start + this.#width);
      this.#outputs.set(outputs.data.subarray(i * width, (i + 1) * width), start);
    }
    for (const [id, source] of samples.sources) this.#sources.set(id, source);
  }

  /** `count` of the samples held, or all where there are fewer, each at most once. The caller owns the result. */
  draw(count: number, random: RandomStream): RememberedOutputs {
    const positions = drawPositions(this.#length, count, random);
    const data = new Float32Array(positions.length * this.#width);
    for (const [i, position] of positions.entries()) {
      data.set(this.#outputs.subarray(position * this.#width, (position + 1) * this.#width), i * this.#width);
    }
    return { samples: this.#view().subset(positions), outputs: { data, shape: [positions.length, this.#width] } };
  }

  /** Lets go of sources that no sample comes from any more; to be called now and then. */
  dropUnusedSources(): void {
    const used = new Set(this.#sourceIds.subarray(0, this.#length));
    for (const id of this.#sources.keys()) if (!used.has(id)) this.#sources.delete(id);
  }

  save(): SavedState {
    const outputs = this.#outputs.subarray(0, this.#length * this.#width);
    return SAVED.save({ samples: this.#view(), outputs, width: this.#width, seen: this.#seen });
  }

  /**
   * Goes on from what `save` gave, on sources found by name.
   * @throws {RangeError} If it holds more samples than this one may.
   */
  restore(saved: unknown, context: SourcesByName): void {
    const { samples, outputs, width, seen } = readSaved(SAVED, saved, { owner: OWNER, context });
    const { length } = samples;
    if (length > this.maxSize) throw new RangeRefusal(needs(OWNER, `${this.maxSize} samples`, length));
    if (outputs.length !== length * width) {
      throw new RangeRefusal(needs(OWNER, `${length} rows of ${width} outputs`, outputs.length));
    }
    this.#sources.clear();
    for (const [id, source] of samples.sources) this.#sources.set(id, source);
    this.#sourceIds = samples.references.sourceIds.slice();
    this.#rows = samples.references.rows.slice();
    this.#length = length;
    this.#seen = seen;
    this.#width = width;
    this.#outputs = outputs;
  }

  #view(): Dataset {
    const sourceIds = this.#sourceIds.subarray(0, this.#length);
    return new Dataset(this.#sources, { sourceIds, rows: this.#rows.subarray(0, this.#length) });
  }

  /** Makes room for so many samples in all, with outputs of `width`. */
  #reserve(samples: number, width: number): void {
    const held = this.#rows.length;
    const room = samples <= held ? held : Math.min(this.maxSize, 2 * samples);
    const columns = Math.max(width, this.#width);
    if (room === held && columns === this.#width) return;
    const outputs = new Float32Array(room * columns).fill(Number.NaN);
    for (let slot = 0; slot < this.#length; slot++) {
      outputs.set(this.#outputs.subarray(slot * this.#width, (slot + 1) * this.#width), slot * columns);
    }
    this.#outputs = outputs;
    this.#width = columns;
    this.#sourceIds = lengthen(this.#sourceIds, room);
    this.#rows = lengthen(this.#rows, room);
  }
}

function lengthen(values: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length);
  longer.set(values);
  return longer;
}
