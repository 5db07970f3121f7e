import { elementAt } from "../core/element_at.ts";
import { countElements, type HostTensor } from "../core/host_tensor.ts";
import { createSharedFloat32, createSharedInt32 } from "../core/shared/shared_memory.ts";
import { createDataSource, type DataSource } from "./data_source.ts";
import { Dataset } from "./dataset.ts";

/** Samples that were computed, and what they are. */
export interface ComputedSamples {
  /** [B, …sampleShape], as the model is to see them. */
  readonly x: HostTensor;
  /** Class ids [B]. */
  readonly y: ArrayLike<number>;
  /** [B] */
  readonly taskLabels: ArrayLike<number>;
}

/**
 * A place in shared memory for samples that were computed, so that replicas read them as they read any others. Unlike
 * what lies in other data sources, they are written over: what `write` gives holds until the next `write`.
 */
export class ScratchSamples {
  readonly #name: string;
  #x = createSharedFloat32(0);
  #y = createSharedInt32(0);
  #sampleShape: readonly number[] = [];
  /** By task label; all lie in the same memory. */
  #sources = new Map<number, DataSource>();

  /** @param name For messages. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Copies the samples. Memory is allocated anew when they are more than ever before, or of another shape. */
  write({ x, y, taskLabels }: ComputedSamples): Dataset {
    const [rows = 0, ...sampleShape] = x.shape;
    const isSameShape = sampleShape.join() === this.#sampleShape.join();
    // Twice as many, as replicas keep what they were given before.
    if (!isSameShape) this.#allocate(rows, sampleShape);
    else if (rows > this.#y.length) this.#allocate(Math.max(rows, 2 * this.#y.length), sampleShape);
    this.#x.set(x.data);
    this.#y.set(y);
    const sourceIds = new Int32Array(rows);
    const sources = new Map<number, DataSource>();
    for (let row = 0; row < rows; row++) {
      const source = this.#findSource(elementAt(taskLabels, row));
      sources.set(source.id, source);
      sourceIds[row] = source.id;
    }
    return new Dataset(sources, { sourceIds, rows: Int32Array.from({ length: rows }, (_, row) => row) });
  }

  #allocate(rows: number, sampleShape: readonly number[]): void {
    this.#x = createSharedFloat32(rows * countElements(sampleShape));
    this.#y = createSharedInt32(rows);
    this.#sampleShape = sampleShape;
    this.#sources = new Map();
  }

  #findSource(taskLabel: number): DataSource {
    const parts = {
      name: this.#name,
      x: this.#x,
      y: this.#y,
      sampleShape: this.#sampleShape,
      taskLabel,
      transforms: [],
      isScratch: true,
    };
    const source = this.#sources.get(taskLabel) ?? createDataSource(parts);
    this.#sources.set(taskLabel, source);
    return source;
  }
}
