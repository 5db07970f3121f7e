import type { DeviceView } from "../device/device_memory.ts";
import { DeviceVector } from "../device/device_vector.ts";
import type { PortArray } from "./graph_ports.ts";

/**
 * How many bindings of one session are kept: one for each logical shard, and for evaluation, teachers and last
 * minibatches.
 */
const CAPACITY = 32;

/** What the bindings of a session are made by. */
export interface BindingMaker<Binding> {
  /** Makes one for these arrays and n rows. */
  readonly create: (arrays: readonly PortArray[], rows: number) => Binding;
  readonly release: (binding: Binding) => void;
}

interface Entry<Binding> {
  readonly arrays: readonly PortArray[];
  readonly rows: number;
  readonly binding: Binding;
  lastUse: number;
}

/**
 * What onnxruntime needs to know of the arrays of a run, made once for each set of arrays. Arrays that come again and
 * again find their binding; the least recently used are forgotten, so that nothing grows. A kept binding keeps its
 * arrays from the collector, as onnxruntime knows them by address alone.
 */
export class BindingCache<Binding> {
  readonly #maker: BindingMaker<Binding>;
  readonly #entries: Entry<Binding>[] = [];
  /** The entry that was used last, which is most often the next one. */
  #latest: Entry<Binding> | undefined;
  #uses = 0;

  constructor(maker: BindingMaker<Binding>) {
    this.#maker = maker;
  }

  /** The binding of these arrays: of this very memory, whatever object it is seen through. */
  get(arrays: readonly PortArray[], rows: number): Binding {
    this.#uses += 1;
    const isKnown = (entry: Entry<Binding>) => entry.rows === rows && areSameMemory(entry.arrays, arrays);
    const known = this.#latest && isKnown(this.#latest) ? this.#latest : this.#entries.find(isKnown);
    const entry = known ?? this.#add(arrays, rows);
    entry.lastUse = this.#uses;
    this.#latest = entry;
    return entry.binding;
  }

  /** How many are held at this moment. */
  get size(): number {
    return this.#entries.length;
  }

  /** Releases all. */
  clear(): void {
    this.#latest = undefined;
    for (const { binding } of this.#entries.splice(0)) this.#maker.release(binding);
  }

  #add(arrays: readonly PortArray[], rows: number): Entry<Binding> {
    if (this.#entries.length >= CAPACITY) this.#dropOldest();
    const entry = { arrays, rows, binding: this.#maker.create(arrays, rows), lastUse: this.#uses };
    this.#entries.push(entry);
    return entry;
  }

  #dropOldest(): void {
    const oldest = this.#entries.reduce((a, b) => (b.lastUse < a.lastUse ? b : a));
    this.#entries.splice(this.#entries.indexOf(oldest), 1);
    this.#maker.release(oldest.binding);
  }
}

function areSameMemory(known: readonly PortArray[], arrays: readonly PortArray[]): boolean {
  for (let i = 0; i < known.length; i++) {
    const array = known[i];
    if (array !== arrays[i] && !(array && isSameMemory(array, arrays[i]))) return false;
  }
  return true;
}

function isSameMemory(a: PortArray, b: PortArray | undefined): boolean {
  if (a instanceof DeviceVector || b instanceof DeviceVector || !b) return a === b;
  if (isDeviceView(a) || isDeviceView(b)) {
    return isDeviceView(a) && isDeviceView(b) && a.address === b.address && a.sizeBytes === b.sizeBytes;
  }
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
}

function isDeviceView(array: Exclude<PortArray, DeviceVector>): array is DeviceView {
  return !ArrayBuffer.isView(array);
}
