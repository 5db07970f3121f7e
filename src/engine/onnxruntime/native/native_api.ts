import process from "node:process";
import { findOrCreate } from "../../../core/find_or_create.ts";
import type { ForeignFunction, ForeignInterface } from "../../../core/foreign/foreign_interface.ts";
import type { DeviceArray } from "../graph_ports.ts";
import type { SessionDevice } from "../session_options.ts";
import { API_FUNCTIONS, type ApiFunction, type ApiFunctionName, ApiNumber, OLDEST_API_VERSION } from "./api_table.ts";

/** Names of functions that make something, and of those that free something. */
type MakerName = Extract<ApiFunctionName, `Create${string}`>;
type ReleaserName = Extract<ApiFunctionName, `Release${string}`>;

/** An argument: a number as it is, or memory that is lent for the length of the call. */
export type Argument = number | ArrayBufferView;

/**
 * onnxruntime's C API as this thread calls it. Statuses become errors. The environment is one of the process:
 * onnxruntime counts who uses it, and it is kept until the process ends.
 */
export class NativeApi {
  /** The library's: "1.30.0". */
  readonly version: string;
  readonly #foreign: ForeignInterface;
  readonly #functions: Readonly<Record<ApiFunctionName, ForeignFunction>>;
  readonly #slot = new BigUint64Array(1);
  readonly #made = new Map<string, number>();
  readonly #freed = new Map<string, number>();
  /** Holds what the call at hand lends, so that the collector leaves it. */
  readonly #lent: Argument[] = [];
  readonly #environment: number;
  readonly #memory: number;
  readonly #cudaMemories = new Map<number, number>();

  private constructor(foreign: ForeignInterface, functions: Record<ApiFunctionName, ForeignFunction>, version: string) {
    this.#foreign = foreign;
    this.#functions = functions;
    this.version = version;
    this.#environment = this.make("CreateEnv", ApiNumber.logErrors, encodeText("firn"));
    this.#memory = this.make("CreateCpuMemoryInfo", ApiNumber.arenaAllocator, ApiNumber.defaultMemory);
  }

  /**
   * Opens the library at this path, at the version that it has.
   * @throws {Error} If there is no such library, it is too old, or the runtime does not let it be opened.
   */
  static open(foreign: ForeignInterface, path: string): NativeApi {
    const base = foreign.open(path, "OrtGetApiBase")();
    const getApi = foreign.bind({ address: foreign.readAddress(base, 0), takes: ["int32"], gives: "word" });
    const getVersion = foreign.bind({ address: foreign.readAddress(base, WORD_BYTES), takes: [], gives: "word" });
    const version = foreign.readText(getVersion());
    const api = getApi(parseApiVersion(version));
    if (api === 0) throw new Error(`the library of onnxruntime ${version} does not give its functions`);
    return new NativeApi(foreign, bindFunctions(foreign, api), version);
  }

  /** Calls a function. @throws {Error} If it failed, with onnxruntime's words. */
  call(name: ApiFunctionName, ...values: readonly Argument[]): void {
    this.#lent.push(...values);
    const addresses = values.map((value) => (typeof value === "number" ? value : this.addressOf(value)));
    const status = this.#functions[name](...addresses);
    this.#lent.length = 0;
    if (status) this.#refuse(status);
  }

  /** Makes something, and returns its address. @throws {Error} If that failed, with onnxruntime's words. */
  make(name: MakerName, ...values: readonly Argument[]): number {
    this.call(name, ...values, this.#slot);
    count(this.#made, name);
    return Number(this.#slot[0]);
  }

  /** Frees what was made, once. */
  free(name: ReleaserName, address: number): void {
    this.#functions[name](address);
    count(this.#freed, name);
  }

  /** Computes what is bound. Blocks this thread. @throws {Error} If onnxruntime fails. */
  run(session: number, binding: number): void {
    const status = this.#functions.RunWithBinding(session, 0, binding);
    if (status) this.#refuse(status);
  }

  /** Loads a model. @param options Are freed by the caller. */
  createSession(model: Uint8Array, options: number): number {
    return this.make("CreateSessionFromArray", this.#environment, model, model.byteLength, options);
  }

  /** Loads a model from its file, with tensors that stand beside it. @param options Are freed by the caller. */
  createSessionFromFile(path: string, options: number): number {
    return this.make("CreateSession", this.#environment, encodePath(path), options);
  }

  /**
   * A tensor that lies in the memory of `data`: hold that for as long as the tensor is used.
   * @param memory What kind of memory that is. Default: ordinary memory.
   */
  createTensor(data: NativeArray | DeviceArray, shape: readonly number[], memory = this.#memory): number {
    // The address of an empty list must not be null.
    const axes = BigInt64Array.from([...shape, 0], BigInt);
    const isView = ArrayBuffer.isView(data);
    const type = isView ? readElementType(data) : data.dataType === "int64" ? ApiNumber.int64 : ApiNumber.float32;
    const sizeBytes = isView ? data.byteLength : data.sizeBytes;
    const place = isView ? (sizeBytes > 0 ? data : NOWHERE) : data.address;
    return this.make("CreateTensorWithDataAsOrtValue", memory, place, sizeBytes, axes, shape.length, type);
  }

  /** Describes the memory of a device. Descriptions are kept until the process ends. */
  describeMemory(device: SessionDevice): number {
    if (device.kind !== "cuda") return this.#memory;
    const { deviceAllocator, defaultMemory } = ApiNumber;
    const make = () => this.make("CreateMemoryInfo", CUDA_MEMORY, deviceAllocator, device.deviceId, defaultMemory);
    return findOrCreate(this.#cudaMemories, device.deviceId, make);
  }

  /** Where the memory of a view lies. */
  addressOf(view: ArrayBufferView): number {
    return this.#foreign.addressOf(view);
  }

  /** How many things of a kind this thread has made so far; what it freed of them is counted as well. */
  countMade(name: MakerName): number {
    return this.#made.get(name) ?? 0;
  }

  /** How many things of a kind it has freed so far. */
  countFreed(name: ReleaserName): number {
    return this.#freed.get(name) ?? 0;
  }

  #refuse(status: number): never {
    const message = this.#foreign.readText(this.#functions.GetErrorMessage(status));
    this.#functions.ReleaseStatus(status);
    throw new Error(message);
  }
}

/** An array whose values a tensor has, of the type that its class stands for. */
export type NativeArray = Float32Array | BigInt64Array | Int32Array | Uint8Array;

function readElementType(data: NativeArray): number {
  if (data instanceof Float32Array) return ApiNumber.float32;
  if (data instanceof BigInt64Array) return ApiNumber.int64;
  return data instanceof Int32Array ? ApiNumber.int32 : ApiNumber.uint8;
}

/** A path as onnxruntime takes it: in characters of two bytes on Windows. */
function encodePath(path: string): ArrayBufferView {
  if (process.platform !== "win32") return encodeText(path);
  return Uint16Array.from(`${path}\0`, (letter) => letter.charCodeAt(0));
}

/** Text as C takes it: UTF-8 with a zero byte behind. */
export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/**
 * The version of the API that a library of this version has.
 * @throws {Error} If it has another numbering, or is older than what we need.
 */
export function parseApiVersion(version: string): number {
  const [, minor] = /^1\.(\d+)\./.exec(version) ?? [];
  if (minor !== undefined && Number(minor) >= OLDEST_API_VERSION) return Number(minor);
  throw new Error(`onnxruntime must be of version 1.${OLDEST_API_VERSION} or a later 1, got ${version}`);
}

const WORD_BYTES = 8;
const CUDA_MEMORY = encodeText("Cuda");
const NOWHERE = new Float32Array(1);

function bindFunctions(foreign: ForeignInterface, api: number): Record<ApiFunctionName, ForeignFunction> {
  return mapValues(API_FUNCTIONS, ({ position, takes, gives = "word" }: ApiFunction) =>
    foreign.bind({ address: foreign.readAddress(api, position * WORD_BYTES), takes, gives }),
  );
}

function mapValues<Name extends string, From, To>(
  record: Readonly<Record<Name, From>>,
  convert: (value: From) => To,
): Record<Name, To> {
  const entries = Object.entries<From>(record).map(([name, value]) => [name, convert(value)]);
  return Object.fromEntries(entries);
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
