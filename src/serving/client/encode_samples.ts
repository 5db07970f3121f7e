import { TypeRefusal } from "../../core/errors/errors.ts";
import { joinBytes } from "../../core/join_bytes.ts";
import { divideSamples, type SamplePart } from "../model_file/sample_parts.ts";

/** The values of one sample. */
export type SampleValues = readonly number[] | Float32Array | Uint8Array;

/** Samples one by one, or all values one after another. */
export type Samples = readonly SampleValues[] | Float32Array | Uint8Array;

/** An input as the server describes it: its first axis is that of rows. */
export interface DescribedInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** A request's body and the headers that say what it is. */
export interface EncodedRequest {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** What of a model's description says how it takes samples. */
export interface DescribedInputs {
  readonly inputs: readonly DescribedInput[];
  /** The free text of its file. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/**
 * A request with samples as binary tensors behind its JSON, one for each input that takes samples.
 * @param fields What else stands in the JSON.
 * @throws {TypeRefusal} If a sample has another length, or a value is no pixel or whole number where the model takes
 *   them.
 */
export function encodeSamples(
  x: Samples,
  { inputs, parameters = {} }: DescribedInputs,
  fields: object,
): EncodedRequest {
  const sizes = inputs.map(({ name, shape }) => ({ name, rowLength: countValues(shape.slice(1)) }));
  const { parts, rowLength } = divideSamples(sizes, parameters);
  const values = flatten(x, rowLength);
  const rows = values.length / rowLength;
  const tensors = parts.flatMap((part) => {
    const input = inputs.find(({ name }) => name === part.name);
    if (!input) return [];
    const array = convertValues(takePart(values, part, { rows, rowLength }), input);
    const [, ...rowShape] = input.shape;
    return [
      { array, head: { ...input, shape: [rows, ...rowShape], parameters: { binary_data_size: array.byteLength } } },
    ];
  });
  const head = new TextEncoder().encode(JSON.stringify({ ...fields, inputs: tensors.map((tensor) => tensor.head) }));
  const bytes = tensors.map(({ array }) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return { body: joinBytes([head, ...bytes]), headers: { "inference-header-content-length": String(head.length) } };
}

function countValues(lengths: readonly number[]): number {
  return lengths.reduce((product, length) => product * length, 1);
}

/** The values of all rows that an input takes. */
function takePart(
  values: Float32Array | Uint8Array,
  part: SamplePart,
  { rows, rowLength }: { readonly rows: number; readonly rowLength: number },
): Float32Array | Uint8Array {
  const { rowLength: length } = part;
  if ("fill" in part) return new Float32Array(rows * length).fill(part.fill);
  if (length === rowLength) return values;
  const taken = new Float32Array(rows * length);
  for (let row = 0; row < rows; row++) {
    const from = row * rowLength + part.from;
    taken.set(values.subarray(from, from + length), row * length);
  }
  return taken;
}

/** @throws {TypeRefusal} If a value is none of the input's type. */
function convertValues(values: Float32Array | Uint8Array, { name, datatype }: DescribedInput) {
  switch (datatype) {
    case "UINT8":
      return toPixels(values);
    case "INT32":
      return Int32Array.from(assertWhole(values, name));
    case "INT64":
      return BigInt64Array.from(Array.from(assertWhole(values, name), BigInt));
    default:
      return values instanceof Float32Array ? values : Float32Array.from(values);
  }
}

/** Samples are numbers of 32 bits: beyond, they would be others. */
const MOST_WHOLE = 2 ** 24;

function assertWhole(values: Float32Array | Uint8Array, name: string): Float32Array | Uint8Array {
  const wrong = values.find((value) => !Number.isInteger(value) || Math.abs(value) > MOST_WHOLE);
  if (wrong === undefined) return values;
  throw new TypeRefusal(`the model takes whole numbers up to ${MOST_WHOLE} as "${name}", got ${wrong}`);
}

/** @throws {TypeRefusal} If a value is no pixel: cut off or wrapped around it would be another. */
function toPixels(values: Float32Array | Uint8Array): Uint8Array {
  const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value > 255);
  if (wrong !== undefined) throw new TypeRefusal(`the model takes pixels, whole numbers from 0 to 255, got ${wrong}`);
  return Uint8Array.from(values);
}

function flatten(x: Samples, rowLength: number): Float32Array | Uint8Array {
  if (!isList(x)) return x;
  const values = new Float32Array(x.length * rowLength);
  for (const [i, row] of x.entries()) {
    if (row.length !== rowLength) {
      throw new TypeRefusal(`a sample must have ${rowLength} values, got ${row.length} in sample ${i}`);
    }
    values.set(row, i * rowLength);
  }
  return values;
}

/** Whether samples are given one by one. */
export function isList(x: Samples): x is readonly SampleValues[] {
  return Array.isArray(x);
}
