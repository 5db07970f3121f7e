import { RangeRefusal } from "../../core/errors/errors.ts";

/** Element types of tensors that are served, by the Open Inference Protocol's names. */
export type TensorType = "FP32" | "INT64" | "INT32" | "UINT8";

/** Values of a tensor. */
export type TensorArray =
  | Float32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** An input or output of a served model: rows of values, one row for each sample. */
export interface TensorPort {
  readonly name: string;
  readonly datatype: TensorType;
  /** The shape behind the axis of rows: [784] of [N, 784], [] of [N]. */
  readonly rowShape: readonly number[];
  /** Values in a row. */
  readonly rowLength: number;
  readonly rowBytes: number;
}

/** Bytes that a value takes. */
export const ITEM_BYTES: Readonly<Record<TensorType, number>> = { FP32: 4, INT64: 8, INT32: 4, UINT8: 1 };

/** ONNX's numbers of the element types. */
const TYPES_BY_NUMBER: Readonly<Record<number, TensorType>> = { 1: "FP32", 2: "UINT8", 6: "INT32", 7: "INT64" };

/** What a model's file says of an input or output; a length that is no number is a symbol. */
export interface DeclaredTensor {
  readonly name: string;
  /** ONNX's number. */
  readonly elementType: number;
  readonly shape: readonly (number | string)[];
}

/**
 * Reads an input or output as rows.
 * @param subject What messages begin with: the file.
 * @throws {RangeRefusal} If it has no axis of rows, another axis without a length, or another element type.
 */
export function createPort({ name, elementType, shape }: DeclaredTensor, subject: string): TensorPort {
  const shown = `${subject}: ${JSON.stringify(name)} of shape [${shape.join(", ")}]`;
  const datatype = TYPES_BY_NUMBER[elementType];
  if (!datatype)
    throw new RangeRefusal(`${shown} must be float32, int64, int32 or uint8, got ONNX's type ${elementType}`);
  const [rows, ...rowShape] = shape;
  if (typeof rows !== "string" && rows !== -1) {
    throw new RangeRefusal(`${shown} must have any number of rows: its first axis must be a symbol such as N`);
  }
  const lengths = rowShape.filter((length) => typeof length === "number");
  if (lengths.length !== rowShape.length || lengths.some((length) => length < 1)) {
    throw new RangeRefusal(`${shown} must have fixed lengths behind its first axis`);
  }
  const rowLength = lengths.reduce((product, length) => product * length, 1);
  return { name, datatype, rowShape: lengths, rowLength, rowBytes: rowLength * ITEM_BYTES[datatype] };
}

/** Zeroed values of a type. */
export function createValues(datatype: TensorType, length: number): TensorArray {
  return viewValues(datatype, new ArrayBuffer(length * ITEM_BYTES[datatype]));
}

/** A whole buffer as values of a type. */
export function viewValues(datatype: TensorType, buffer: ArrayBuffer): TensorArray {
  switch (datatype) {
    case "FP32":
      return new Float32Array(buffer);
    case "INT64":
      return new BigInt64Array(buffer);
    case "INT32":
      return new Int32Array(buffer);
    case "UINT8":
      return new Uint8Array(buffer);
  }
}
