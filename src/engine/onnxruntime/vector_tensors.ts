import { Tensor } from "onnxruntime-node";
import { type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";

/** How many vectors are remembered: parameters, gradient, old and new state, and some for teachers or snapshots. */
const CAPACITY = 8;

interface VectorEntry {
  readonly vector: Float32Array;
  readonly layout: ParameterLayout;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * onnxruntime's tensors over the parts of flat vectors, by name: views, not copies. Vectors that come again and again
 * get the same tensors; the least recently used are forgotten, so that nothing grows.
 */
export class VectorTensors {
  #entries: VectorEntry[] = [];

  /** The tensors over `vector` [P], laid out by `layout`; they see and write its memory. */
  get(vector: Float32Array, layout: ParameterLayout): ReadonlyMap<string, Tensor> {
    const index = this.#entries.findIndex((entry) => entry.layout === layout && isSameMemory(entry.vector, vector));
    const entry = index < 0 ? createEntry(vector, layout) : this.#entries[index];
    if (!entry) return new Map();
    if (index !== 0) {
      if (index > 0) this.#entries.splice(index, 1);
      this.#entries = [entry, ...this.#entries].slice(0, CAPACITY);
    }
    return entry.tensors;
  }

  /** How many vectors are held at this moment. */
  get size(): number {
    return this.#entries.length;
  }

  /** Forgets all vectors. */
  clear(): void {
    this.#entries = [];
  }
}

function createEntry(vector: Float32Array, layout: ParameterLayout): VectorEntry {
  const tensors = new Map(
    layout.entries.map((entry) => [entry.name, new Tensor("float32", viewEntry(vector, entry), entry.shape)]),
  );
  return { vector, layout, tensors };
}

function isSameMemory(a: Float32Array, b: Float32Array): boolean {
  return a === b || (a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length);
}
