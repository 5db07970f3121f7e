import { describeValue } from "../../core/errors/errors.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import { createValues, ITEM_BYTES, type TensorPort } from "../model_file/tensor_port.ts";
import { HeadMemo } from "./head_memo.ts";
import { type LiftedNumbers, liftNumbers } from "./lift_numbers.ts";
import { parseJson } from "./parse_json.ts";
import { ProtocolError } from "./protocol_error.ts";
import type { ScannedNumbers } from "./scan_numbers.ts";
import { TensorReader, type TensorSource } from "./tensor_source.ts";

/** An output that is asked for. */
export interface WantedOutput {
  readonly name: string;
  readonly isBinary: boolean;
  /** How many of the best classes are wanted in place of the values; 0 for the values. */
  readonly classes: number;
}

/** A request as a model can answer it. */
export interface InferRequest {
  readonly id: string | undefined;
  readonly rows: number;
  /** The bytes of each input, in the order of the model's. */
  readonly inputs: readonly Uint8Array[];
  /** Undefined where all outputs are wanted. */
  readonly outputs: readonly WantedOutput[] | undefined;
  /** Whether outputs are binary that do not say. */
  readonly isBinary: boolean;
}

/** What a request may have at the most. */
export interface InferLimits {
  /** Rows of one request. */
  readonly maxRows: number;
}

/** A request's bytes. */
export interface RequestBody {
  readonly body: Uint8Array;
  /** Bytes of JSON in front of the binary tensors; undefined where all is JSON. */
  readonly headerBytes: number | undefined;
}

/** What stands in JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a request of the Open Inference Protocol, with Triton's extension for binary tensors.
 * @throws {ProtocolError} 400 if it is malformed or does not fit the model, saying what is wanted; 413 if it has too
 *   many rows.
 */
export function parseInferRequest(
  { body, headerBytes }: RequestBody,
  { file, limits }: { readonly file: ServedFile; readonly limits: InferLimits },
): InferRequest {
  if (headerBytes === 0) return parseRawRequest(body, file, limits);
  const { fields, tensors } = readBody({ body, headerBytes }, headerBytes === undefined ? countAxes(file) : undefined);
  return readInferFields(fields, { file, limits, tensors });
}

/** How deep lists of numbers may stand within each other; undefined where a model takes others than float32. */
function countAxes({ inputs }: ServedFile): number | undefined {
  if (inputs.some(({ datatype }) => datatype !== "FP32")) return undefined;
  return inputs.reduce((most, { rowShape }) => Math.max(most, rowShape.length), 0);
}

/** The length of the JSON in front of binary tensors, from its header. @throws {ProtocolError} 400 if it is none. */
export function parseLength(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw wrong(`Inference-Header-Content-Length must be a whole number, got ${JSON.stringify(text)}`);
}

const memo = new HeadMemo();

/**
 * The fields of a body, and the tensors behind them.
 * @param floatDepth Where given, lists of numbers under "data" are read as float32: how deep they may stand.
 * @throws {ProtocolError} 400 if it is malformed.
 */
export function readBody(
  { body, headerBytes }: RequestBody,
  floatDepth?: number,
): { readonly fields: Fields; readonly tensors: TensorSource } {
  if (headerBytes !== undefined && !(headerBytes <= body.length)) {
    throw wrong(`the JSON in front must have ${headerBytes} bytes, got ${body.length}`);
  }
  const head = headerBytes === undefined ? body : body.subarray(0, headerBytes);
  const { json, lists }: LiftedNumbers = floatDepth === undefined ? { json: head } : liftNumbers(head, floatDepth);
  const tensors = new TensorReader(headerBytes === undefined ? undefined : body.subarray(headerBytes), lists);
  return { fields: asFields(memo.read(json, parseJson), "the request"), tensors };
}

/** The same of fields that were parsed, with tensors that stand elsewhere. @throws {ProtocolError} As above. */
export function readInferFields(fields: Fields, { file, limits, tensors }: InputContext): InferRequest {
  const parameters = asOptionalFields(fields.parameters, "parameters");
  const { rows, inputs } = readInputs(fields.inputs, { file, tensors, limits });
  tensors.assertEnd();
  const isBinary = parameters.binary_data_output === true;
  return { id: readId(fields.id), rows, inputs, outputs: readOutputs(fields.outputs, { file, isBinary }), isBinary };
}

/** The whole body is the one input; the outputs come back in the same way. */
function parseRawRequest(body: Uint8Array, { inputs }: ServedFile, limits: InferLimits): InferRequest {
  const [input, ...others] = inputs;
  if (!input || others.length > 0) throw wrong("a body without JSON needs a model with one input");
  const rows = body.length / input.rowBytes;
  if (!Number.isInteger(rows) || rows === 0) {
    throw wrong(`"${input.name}" takes rows of ${input.rowBytes} bytes, got ${body.length} bytes`);
  }
  assertRows(rows, limits);
  return { id: undefined, rows, inputs: [body], outputs: undefined, isBinary: true };
}

interface InputContext {
  readonly file: ServedFile;
  readonly tensors: TensorSource;
  readonly limits: InferLimits;
}

/** Tensors for the inputs of a model, in the order of the model's. @throws {ProtocolError} As above. */
export function readInputs(
  value: unknown,
  { file, tensors, limits }: InputContext,
): Pick<InferRequest, "rows" | "inputs"> {
  if (!Array.isArray(value)) throw wrong(`inputs must be a list, got ${describeValue(value)}`);
  const found = new Map<string, Uint8Array>();
  let rows: number | undefined;
  for (const item of value) {
    const fields = asFields(item, "an input");
    const port = findPort(file.inputs, fields.name, "input");
    if (found.has(port.name)) throw wrong(`"${port.name}" is given twice`);
    const inputRows = readShape(fields, port);
    assertRows(inputRows, limits);
    rows ??= inputRows;
    if (rows !== inputRows) throw wrong(`all inputs must have the same number of rows, got ${rows} and ${inputRows}`);
    found.set(port.name, readTensor(fields, { port, rows, tensors }));
  }
  const missing = file.inputs.find(({ name }) => !found.has(name));
  if (missing || rows === undefined) throw wrong(`the input "${missing?.name}" is missing`);
  return { rows, inputs: file.inputs.map(({ name }) => found.get(name) ?? new Uint8Array(0)) };
}

function readShape({ datatype, shape }: Fields, port: TensorPort): number {
  if (datatype !== port.datatype) {
    throw wrong(`"${port.name}" must be of datatype ${port.datatype}, got ${describeValue(datatype)}`);
  }
  const wanted = `[rows, ${port.rowShape.join(", ")}]`.replace(", ]", "]");
  const isShape = Array.isArray(shape) && shape.length === port.rowShape.length + 1;
  if (!isShape || port.rowShape.some((length, axis) => shape[axis + 1] !== length)) {
    throw wrong(`"${port.name}" must have the shape ${wanted}, got ${describeValue(shape)}`);
  }
  const rows: unknown = shape[0];
  if (typeof rows === "number" && Number.isSafeInteger(rows) && rows >= 1) return rows;
  throw wrong(`"${port.name}" must have at least 1 row, got ${describeValue(rows)}`);
}

function assertRows(rows: number, { maxRows }: InferLimits): void {
  if (rows > maxRows) throw new ProtocolError(413, `a request may have at most ${maxRows} rows, got ${rows}`);
}

function readTensor(
  { parameters, data }: Fields,
  { port, rows, tensors }: { readonly port: TensorPort; readonly rows: number; readonly tensors: TensorSource },
): Uint8Array {
  const { binary_data_size: size, shared_memory_region: region } = asOptionalFields(parameters, "parameters");
  if (region !== undefined) throw wrong("shared memory regions are not supported");
  const wantedBytes = rows * port.rowBytes;
  if (size !== undefined) {
    if (data !== undefined) throw wrong(`"${port.name}" must have data or binary_data_size, got both`);
    if (size !== wantedBytes) throw wrong(`"${port.name}" needs ${wantedBytes} bytes, got ${describeValue(size)}`);
    return tensors.take(wantedBytes, port.name);
  }
  const list = tensors.findList?.(data);
  if (list) return readList(list, port, rows);
  if (!Array.isArray(data)) throw wrong(`"${port.name}" must have a list as data, got ${describeValue(data)}`);
  return readValues(data, port, rows);
}

function readList({ values, depth }: ScannedNumbers, port: TensorPort, rows: number): Uint8Array {
  const length = rows * port.rowLength;
  if (values.length !== length || depth > port.rowShape.length) throw wrongCount(port, length);
  return new Uint8Array(values.buffer);
}

/** Numbers in one list or in lists of lists: nested as deep as the tensor has axes, at the most. */
function readValues(data: readonly unknown[], port: TensorPort, rows: number): Uint8Array {
  const length = rows * port.rowLength;
  // A body of a few bytes can declare any shape: memory is taken for what is there.
  if (data.length > length) throw wrongCount(port, length);
  const numbers = typeof data[0] === "object" ? flatten(data, port, length) : data;
  if (numbers.length !== length) throw wrongCount(port, length);
  const values = createValues(port.datatype, length);
  for (let i = 0; i < length; i++) {
    const value = numbers[i];
    if (typeof value !== "number") throw wrong(`"${port.name}" must hold numbers, got ${describeValue(value)}`);
    if (values instanceof Float32Array) values[i] = value;
    else writeInteger(values, i, { value, port });
  }
  return new Uint8Array(values.buffer, 0, length * ITEM_BYTES[port.datatype]);
}

function flatten(data: readonly unknown[], port: TensorPort, length: number): readonly unknown[] {
  const depth = port.rowShape.length;
  const flat: unknown[] = data.flat(depth);
  if (flat.length > length || flat.some(Array.isArray)) throw wrongCount(port, length);
  return flat;
}

function wrongCount({ name }: TensorPort, length: number): ProtocolError {
  return wrong(`"${name}" must have ${length} values in lists as deep as its shape, or in one list`);
}

const INTEGER_BOUNDS = {
  INT64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  UINT8: [0, 255],
} as const;

function writeInteger(
  values: BigInt64Array | Int32Array | Uint8Array,
  i: number,
  { value, port: { name, datatype } }: { readonly value: number; readonly port: TensorPort },
): void {
  const [least, most] = INTEGER_BOUNDS[datatype === "FP32" ? "INT32" : datatype];
  if (!Number.isInteger(value) || value < least || value > most) {
    throw wrong(`"${name}" must hold whole numbers from ${least} to ${most}, got ${value}`);
  }
  if (values instanceof BigInt64Array) values[i] = BigInt(value);
  else values[i] = value;
}

function readOutputs(
  value: unknown,
  { file, isBinary }: { readonly file: ServedFile; readonly isBinary: boolean },
): readonly WantedOutput[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrong(`outputs must be a list, got ${describeValue(value)}`);
  if (value.length === 0) return undefined;
  return value.map((item) => {
    const { name, parameters } = asFields(item, "an output");
    const port = findPort(file.outputs, name, "output");
    const { binary_data, classification = 0, shared_memory_region } = asOptionalFields(parameters, "parameters");
    if (shared_memory_region !== undefined) throw wrong("shared memory regions are not supported");
    if (typeof classification !== "number" || !Number.isInteger(classification) || classification < 0) {
      throw wrong(`classification must be a whole number of at least 0, got ${describeValue(classification)}`);
    }
    const isThisBinary = typeof binary_data === "boolean" ? binary_data : isBinary;
    return { name: port.name, isBinary: isThisBinary, classes: Math.min(classification, port.rowLength) };
  });
}

function findPort(ports: readonly TensorPort[], name: unknown, what: string): TensorPort {
  const found = ports.find((port) => port.name === name);
  if (found) return found;
  const known = ports.map((port) => `"${port.name}"`).join(", ");
  throw wrong(`unknown ${what} ${describeValue(name)}; the model has ${known}`);
}

function readId(id: unknown): string | undefined {
  if (id === undefined || typeof id === "string") return id;
  throw wrong(`id must be a string, got ${describeValue(id)}`);
}

function asFields(value: unknown, what: string): Fields {
  if (isFields(value)) return value;
  throw wrong(`${what} must be an object, got ${describeValue(value)}`);
}

function asOptionalFields(value: unknown, what: string): Fields {
  return value === undefined ? {} : asFields(value, what);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(message: string): ProtocolError {
  return new ProtocolError(400, message);
}
