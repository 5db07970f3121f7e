import { Buffer } from "node:buffer";
import { describeValue, SyntaxRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { type TensorArray, viewBytes } from "./safetensors.ts";

/** A tree of saved state, taken apart: JSON without the arrays, and the arrays. */
export interface FlatState {
  /** JSON; an array stands there as {"$tensor": name}, a number that JSON lacks as {"$number": "NaN"}. */
  readonly document: unknown;
  /** By the path at which the array first stood, "now.parameters" say. Equal arrays are there once. */
  readonly tensors: ReadonlyMap<string, TensorArray>;
}

/** Keys of the document that begin with this mean something; such a key of the state itself gets a second one. */
const MARK = "$";

/** How often all arrays may be named on average. */
const MAX_COPIES = 64;
/** Small arrays may be named as often as they like. */
const FREE_COPY_BYTES = 2 ** 28;

/** What is kept of an array that has this name. */
export type Shorten = (array: TensorArray, name: string) => TensorArray;

/**
 * Takes a tree apart. Fields that are undefined are left out, as JSON does.
 * @param shorten Asked once for each content. Default: arrays are kept whole.
 * @throws {TypeError} If it holds something that is no saved state, with where.
 */
export function flattenState(state: unknown, shorten: Shorten = (array) => array): FlatState {
  const store = new TensorStore(shorten);
  const visit = (value: unknown, path: string): unknown => {
    if (value === null || typeof value === "boolean" || typeof value === "string") return value;
    if (typeof value === "number") return flattenNumber(value);
    if (isTensorArray(value)) return { [`${MARK}tensor`]: store.add(value, path) };
    if (Array.isArray(value)) return value.map((item, i) => visit(item, join(path, String(i))));
    if (typeof value !== "object" || ArrayBuffer.isView(value) || !isPlain(value)) {
      const place = path || "the state";
      throw new TypeRefusal(`${place} must be plain data or a typed array to be saved, got ${describeValue(value)}`);
    }
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(
      entries.map(([key, item]) => [key.startsWith(MARK) ? MARK + key : key, visit(item, join(path, key))]),
    );
  };
  const document = visit(state, "");
  return { document, tensors: store.tensors };
}

/**
 * Puts a tree together again. Every array in it is a copy of its own.
 * @throws {SyntaxRefusal} If the document names an array that is not there, or is not what `flattenState` makes.
 */
export function unflattenState({ document, tensors }: FlatState): SavedState {
  assertFewCopies({ document, tensors });
  const visit = (value: unknown): SavedState => {
    if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number") {
      return value;
    }
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== "object") throw new SyntaxRefusal(`a state must be JSON, got ${describeValue(value)}`);
    const entries = Object.entries(value);
    const [first] = entries;
    if (entries.length === 1 && first?.[0] === `${MARK}tensor`) {
      const array = tensors.get(String(first[1]));
      if (!array) throw new SyntaxRefusal(`$tensor must name an array, got ${describeValue(first[1])}`);
      return array.slice();
    }
    if (entries.length === 1 && first?.[0] === `${MARK}number`) return parseNumber(first[1]);
    return Object.fromEntries(entries.map(([key, item]) => [unmark(key), visit(item)]));
  };
  return visit(document);
}

/** A small file that names one array very often is no state of ours, and its copies would fill the memory. */
function assertFewCopies({ document, tensors }: FlatState): void {
  const total = [...tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  let copied = 0;
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      if (key === `${MARK}tensor`) copied += tensors.get(String(item))?.byteLength ?? 0;
      else visit(item);
    }
  };
  visit(document);
  if (copied <= MAX_COPIES * total + FREE_COPY_BYTES) return;
  throw new SyntaxRefusal(`a state must name its arrays at most ${MAX_COPIES} times, got ${copied} bytes of copies`);
}

/** Arrays by name, each content once. */
class TensorStore {
  readonly tensors = new Map<string, TensorArray>();
  readonly #names = new Map<TensorArray, string>();
  /** Arrays of one type and length: only these can be equal. */
  readonly #alike = new Map<string, TensorArray[]>();
  readonly #shorten: Shorten;

  constructor(shorten: Shorten) {
    this.#shorten = shorten;
  }

  /** The name under which an array of these contents is kept. */
  add(array: TensorArray, path: string): string {
    const known = this.#names.get(array) ?? this.#findEqual(array);
    if (known !== undefined) return known;
    let name = path || "state";
    // A key with a dot in it may give the path of another array.
    for (let copy = 2; this.tensors.has(name) || name === "__metadata__"; copy++) name = `${path}#${copy}`;
    this.tensors.set(name, this.#shorten(array, name));
    this.#names.set(array, name);
    return name;
  }

  #findEqual(array: TensorArray): string | undefined {
    const kind = `${array.constructor.name} ${array.length}`;
    const alike = this.#alike.get(kind) ?? [];
    const equal = alike.find((other) => Buffer.compare(viewBytes(other), viewBytes(array)) === 0);
    if (equal) return this.#names.get(equal);
    this.#alike.set(kind, [...alike, array]);
    return undefined;
  }
}

function flattenNumber(value: number): unknown {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return { [`${MARK}number`]: Object.is(value, -0) ? "-0" : String(value) };
}

function parseNumber(text: unknown): number {
  if (text === "NaN" || text === "Infinity" || text === "-Infinity" || text === "-0") return Number(text);
  throw new SyntaxRefusal(`$number must be NaN, Infinity, -Infinity or -0, got ${describeValue(text)}`);
}

function unmark(key: string): string {
  if (!key.startsWith(MARK)) return key;
  if (key.startsWith(MARK + MARK)) return key.slice(MARK.length);
  throw new SyntaxRefusal(`unknown field ${describeValue(key)} in a saved state`);
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function isTensorArray(value: unknown): value is TensorArray {
  return (
    value instanceof Float32Array ||
    value instanceof Int32Array ||
    value instanceof Float64Array ||
    value instanceof Uint8Array
  );
}

/** Objects of a class would come back as something else. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
