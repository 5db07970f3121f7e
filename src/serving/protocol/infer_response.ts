import type { OpenVersion } from "../answering/answerer.ts";
import { type TensorPort, viewValues } from "../model_file/tensor_port.ts";
import type { InferRequest, WantedOutput } from "./infer_request.ts";

/** An answer as it is sent. */
export interface InferAnswer {
  readonly body: Uint8Array<ArrayBuffer> | string;
  /** Bytes of JSON in front of binary tensors; undefined where all is JSON. */
  readonly headerBytes: number | undefined;
}

/** One output: what is said of it, and its values where they are binary. */
export interface EncodedOutput {
  readonly fields: object;
  readonly binary: Uint8Array | undefined;
}

const encoder = new TextEncoder();

/** Writes the outputs of a request: as JSON, or as Triton's binary tensors behind their JSON. */
export function encodeInferAnswer(openVersion: OpenVersion, answered: AnsweredRequest): InferAnswer {
  const { model, version } = openVersion;
  const { request } = answered;
  if (request.isBinary && !request.outputs && request.id === undefined)
    return encodeBinaryAnswer(openVersion, answered);
  const encoded = encodeOutputs(openVersion, answered);
  const head = JSON.stringify({
    ...(request.id === undefined ? {} : { id: request.id }),
    model_name: model,
    model_version: version,
    outputs: encoded.map(({ fields }) => fields),
  });
  const binaries = encoded.flatMap(({ binary }) => (binary ? [binary] : []));
  if (binaries.length === 0) return { body: head, headerBytes: undefined };
  return joinBinary(encoder.encode(head), binaries);
}

/** The heads of binary answers by the number of rows: they are the same for all requests that want nothing else. */
const heads = new WeakMap<OpenVersion, Map<number, Uint8Array>>();
const MAX_HEADS = 64;

function encodeBinaryAnswer(openVersion: OpenVersion, { request: { rows }, outputs }: AnsweredRequest): InferAnswer {
  const { model, version, file } = openVersion;
  const known = heads.get(openVersion) ?? new Map<number, Uint8Array>();
  let head = known.get(rows);
  if (!head) {
    const fields = file.outputs.map(({ name, datatype, rowShape, rowBytes }) => {
      return { name, datatype, shape: [rows, ...rowShape], parameters: { binary_data_size: rows * rowBytes } };
    });
    head = encoder.encode(JSON.stringify({ model_name: model, model_version: version, outputs: fields }));
    if (known.size < MAX_HEADS) heads.set(openVersion, known.set(rows, head));
  }
  return joinBinary(head, outputs);
}

/** A request and the bytes of the model's outputs for it. */
export interface AnsweredRequest {
  readonly request: InferRequest;
  readonly outputs: readonly Uint8Array<ArrayBuffer>[];
}

/** The outputs that a request wants, one by one. */
export function encodeOutputs({ file }: OpenVersion, { request, outputs }: AnsweredRequest): readonly EncodedOutput[] {
  return listWanted(request, file.outputs).map((wanted) => {
    const i = file.outputs.findIndex(({ name }) => name === wanted.name);
    const [port, bytes] = [file.outputs[i], outputs[i]];
    if (!port || !bytes) throw new Error(`no output "${wanted.name}"`);
    return encodeOutput({ port, bytes, rows: request.rows, classNames: file.classNames }, wanted);
  });
}

function listWanted({ outputs, isBinary }: InferRequest, ports: readonly TensorPort[]): readonly WantedOutput[] {
  return outputs ?? ports.map(({ name }) => ({ name, isBinary, classes: 0 }));
}

function joinBinary(headBytes: Uint8Array, binaries: readonly Uint8Array[]): InferAnswer {
  const body = new Uint8Array(binaries.reduce((sum, { length }) => sum + length, headBytes.length));
  body.set(headBytes);
  let place = headBytes.length;
  for (const binary of binaries) {
    body.set(binary, place);
    place += binary.length;
  }
  return { body, headerBytes: headBytes.length };
}

interface OutputValues {
  readonly port: TensorPort;
  /** All of their buffer. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly classNames: readonly string[] | undefined;
}

function encodeOutput(output: OutputValues, { isBinary, classes }: WantedOutput): EncodedOutput {
  const { port, bytes, rows } = output;
  const { name, datatype, rowShape } = port;
  if (classes > 0) return encodeClasses(output, { isBinary, classes });
  const shape = [rows, ...rowShape];
  if (isBinary) {
    return { fields: { name, datatype, shape, parameters: { binary_data_size: bytes.length } }, binary: bytes };
  }
  const values = viewValues(datatype, bytes.buffer);
  const data = values instanceof BigInt64Array ? Array.from(values, Number) : Array.from(values);
  return { fields: { name, datatype, shape, data }, binary: undefined };
}

/** The best classes of each row, as Triton's classification extension writes them: "value:column:label". */
function encodeClasses(
  { port, bytes, rows, classNames }: OutputValues,
  { isBinary, classes }: { readonly isBinary: boolean; readonly classes: number },
): EncodedOutput {
  const values = viewValues(port.datatype, bytes.buffer);
  const texts: string[] = [];
  for (let row = 0; row < rows; row++) {
    const scores = Array.from(values.subarray(row * port.rowLength, (row + 1) * port.rowLength), Number);
    const columns = scores.map((_, column) => column).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
    for (const column of columns.slice(0, classes)) {
      const label = classNames?.[column];
      texts.push(`${scores[column]}:${column}${label === undefined ? "" : `:${label}`}`);
    }
  }
  const fields = { name: port.name, datatype: "BYTES", shape: [rows, classes] };
  if (!isBinary) return { fields: { ...fields, data: texts }, binary: undefined };
  const binary = encodeTexts(texts);
  return { fields: { ...fields, parameters: { binary_data_size: binary.length } }, binary };
}

/** Texts one behind another, each with its length in 4 bytes in front. */
function encodeTexts(texts: readonly string[]): Uint8Array {
  const encoded = texts.map((text) => encoder.encode(text));
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let place = 0;
  for (const text of encoded) {
    view.setUint32(place, text.length, true);
    bytes.set(text, place + 4);
    place += 4 + text.length;
  }
  return bytes;
}
