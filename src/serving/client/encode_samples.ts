import { TypeRefusal } from "../../core/errors/errors.ts";
import { joinBytes } from "../../core/join_bytes.ts";

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

/**
 * A request with samples as a binary tensor behind its JSON.
 * @param fields What else stands in the JSON.
 * @throws {TypeRefusal} If a sample has another length, or a value is no pixel where the model takes them.
 */
export function encodeSamples(x: Samples, input: DescribedInput | undefined, fields: object): EncodedRequest {
  const [, ...rowShape] = input?.shape ?? [];
  const rowLength = rowShape.reduce((product, length) => product * length, 1);
  const values = flatten(x, rowLength);
  const floats = () => (values instanceof Float32Array ? values : Float32Array.from(values));
  const array = input?.datatype === "UINT8" ? toPixels(values) : floats();
  const parameters = { binary_data_size: array.byteLength };
  const tensor = { ...input, shape: [values.length / rowLength, ...rowShape], parameters };
  const head = new TextEncoder().encode(JSON.stringify({ ...fields, inputs: [tensor] }));
  const body = joinBytes([head, new Uint8Array(array.buffer, array.byteOffset, array.byteLength)]);
  return { body, headers: { "inference-header-content-length": String(head.length) } };
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
