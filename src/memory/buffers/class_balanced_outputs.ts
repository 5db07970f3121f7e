import { elementAt, valueAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { converted, count, declareState, part, record, vector } from "../../core/state/state.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { SourcesByName } from "../../data/saved_dataset.ts";
import { drawPositions } from "../selection/draw_samples.ts";
import { ClassBalancedBuffer } from "./class_balanced_buffer.ts";
import type { BufferUpdateSource } from "./exemplars_buffer.ts";
import type { RememberedOutputs } from "./output_reservoir.ts";

const OUTPUTS = converted(record({ data: vector(), width: count() }), {
  create: (): Float32Array[] => [],
  save: (rows: readonly Float32Array[]) => {
    const { data, shape } = joinRows(rows);
    return { data, width: elementAt(shape, 1) };
  },
  restore: ({ data, width }) => splitRows({ data, shape: [width === 0 ? 0 : data.length / width, width] }),
});

/** A class-balanced buffer in which every sample keeps what the model answered to it when it came in. */
export class ClassBalancedOutputs {
  readonly #state;
  readonly save = () => this.#state.save();
  readonly restore = (saved: unknown, context: SourcesByName) => this.#state.restore(saved, context);

  /** @throws {RangeError} If `maxSize` is not a whole number of at least 1. */
  constructor(maxSize: number) {
    this.#state = declareState("a memory of outputs", {
      buffer: part(new ClassBalancedBuffer({ maxSize })),
      /** One a sample of the buffer, in its order. */
      outputs: OUTPUTS,
    });
  }

  /** Samples held. */
  get length(): number {
    return this.#state.buffer.buffer.length;
  }

  /** Takes in an experience's samples, and has the outputs [N, C] of those that stay computed. */
  async update(source: BufferUpdateSource, compute: (samples: Dataset) => Promise<HostTensor>): Promise<void> {
    const { buffer, outputs } = this.#state;
    const known = new Map(listKeys(buffer.buffer).map((key, i) => [key, elementAt(outputs, i)]));
    buffer.update(source);
    const keys = listKeys(buffer.buffer);
    const added = [...keys.keys()].filter((position) => !known.has(elementAt(keys, position)));
    const rows = added.length > 0 ? splitRows(await compute(buffer.buffer.subset(added))) : [];
    for (const [i, position] of added.entries()) known.set(elementAt(keys, position), elementAt(rows, i));
    this.#state.outputs = keys.map((key) => valueAt(known, key));
  }

  /** `count` of the samples held, or all where there are fewer, each at most once. The caller owns the result. */
  draw(count: number, random: RandomStream): RememberedOutputs {
    const positions = drawPositions(this.length, count, random);
    const rows = Array.from(positions, (position) => elementAt(this.#state.outputs, position));
    return { samples: this.#state.buffer.buffer.subset(positions), outputs: joinRows(rows) };
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
