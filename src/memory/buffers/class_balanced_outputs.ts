import { elementAt, valueAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { parseSavedCount, parseSavedRecord, parseSavedVector, type SavedState } from "../../core/saved_state.ts";
import type { DataSource } from "../../data/data_source.ts";
import type { Dataset } from "../../data/dataset.ts";
import { drawPositions } from "../selection/draw_samples.ts";
import { ClassBalancedBuffer } from "./class_balanced_buffer.ts";
import type { BufferUpdateSource } from "./exemplars_buffer.ts";
import type { RememberedOutputs } from "./output_reservoir.ts";
import { restoreBuffer, saveBuffer } from "./saved_buffer.ts";

/** A class-balanced buffer in which every sample keeps what the model answered to it when it came in. */
export class ClassBalancedOutputs {
  readonly #buffer: ClassBalancedBuffer;
  /** By "source:row". */
  #outputs = new Map<string, Float32Array>();

  /** @throws {RangeError} If `maxSize` is not a whole number of at least 1. */
  constructor(maxSize: number) {
    this.#buffer = new ClassBalancedBuffer({ maxSize });
  }

  /** Samples held. */
  get length(): number {
    return this.#buffer.buffer.length;
  }

  /** Takes in an experience's samples, and has the outputs [N, C] of those that stay computed. */
  async update(source: BufferUpdateSource, compute: (samples: Dataset) => Promise<HostTensor>): Promise<void> {
    this.#buffer.update(source);
    const { buffer } = this.#buffer;
    const keys = listKeys(buffer);
    const added = [...keys.keys()].filter((position) => !this.#outputs.has(elementAt(keys, position)));
    const rows = added.length > 0 ? splitRows(await compute(buffer.subset(added))) : [];
    const fresh = new Map(added.map((position, i) => [elementAt(keys, position), elementAt(rows, i)]));
    this.#outputs = new Map(keys.map((key) => [key, fresh.get(key) ?? valueAt(this.#outputs, key)]));
  }

  /** `count` of the samples held, or all where there are fewer, each at most once. The caller owns the result. */
  draw(count: number, random: RandomStream): RememberedOutputs {
    const samples = this.#buffer.buffer.subset(drawPositions(this.length, count, random));
    return {
      samples,
      outputs: joinRows(listKeys(samples).map((key) => valueAt(this.#outputs, key))),
    };
  }

  save(): SavedState {
    const { data, shape } = joinRows([...this.#outputs.values()]);
    return { buffer: saveBuffer(this.#buffer), outputs: data, width: elementAt(shape, 1) };
  }

  /** Goes on from what `save` gave, on sources found by name. */
  restore(saved: SavedState, sources: ReadonlyMap<string, DataSource>): void {
    const act = "the saved state of a memory of outputs";
    const { buffer = null, outputs, width } = parseSavedRecord(act, saved);
    restoreBuffer(this.#buffer, buffer, sources);
    const shape = [this.length, parseSavedCount(act, width)];
    const rows = splitRows({ data: parseSavedVector(act, outputs), shape });
    this.#outputs = new Map(listKeys(this.#buffer.buffer).map((key, i) => [key, elementAt(rows, i)]));
  }
}

function listKeys({ references }: Dataset): string[] {
  return Array.from(references.rows, (row, i) => `${references.sourceIds[i]}:${row}`);
}

function splitRows({ data, shape }: HostTensor): Float32Array[] {
  const [rows, width] = matrixShape(shape);
  return Array.from({ length: rows }, (_, row) => data.slice(row * width, (row + 1) * width));
}

/** Rows of any widths as one tensor of the widest's; what is missing is NaN. */
function joinRows(rows: readonly Float32Array[]): HostTensor {
  const width = Math.max(0, ...rows.map(({ length }) => length));
  const data = new Float32Array(rows.length * width).fill(Number.NaN);
  for (const [i, row] of rows.entries()) data.set(row, i * width);
  return { data, shape: [rows.length, width] };
}
