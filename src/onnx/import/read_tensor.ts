import { z } from "zod";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { SourceDataType, SourceTensor } from "./onnx_source.ts";

const numbersSchema = z.array(z.custom<number>((value) => typeof value === "number"));

/** A TensorProto as protobufjs gives it. */
export const tensorSchema = z.object({
  name: z.string(),
  dims: z.array(z.number()),
  data_type: z.number(),
  raw_data: z.instanceof(Uint8Array).nullish(),
  float_data: numbersSchema,
  int32_data: numbersSchema,
  int64_data: numbersSchema,
  double_data: numbersSchema,
  external_data: z.array(z.object({ key: z.string(), value: z.string() })),
  data_location: z.number(),
});

/** What reading a tensor needs besides. */
interface TensorContext {
  readonly subject: string;
  readonly readExternal?: ((location: string) => Uint8Array) | undefined;
}

/** ONNX's numbers for types of elements. */
const DATA_TYPES: ReadonlyMap<number, SourceDataType> = new Map([
  [1, "float32"],
  [2, "uint8"],
  [3, "int8"],
  [6, "int32"],
  [7, "int64"],
  [9, "bool"],
  [10, "float16"],
  [11, "float64"],
]);

const ITEM_BYTES: Readonly<Record<SourceDataType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  int64: 8,
  int32: 4,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** The type that a number of the format stands for; undefined for those that no network to be trained has. */
export function toDataType(number: number): SourceDataType | undefined {
  return DATA_TYPES.get(number);
}

/**
 * A tensor of a file, its bytes a view of the file's or of the other file that it names.
 * @throws {SyntaxError} If its type is another, or its bytes are not as many as its shape wants.
 */
export function readTensor(
  tensor: z.infer<typeof tensorSchema>,
  { subject, readExternal }: TensorContext,
): SourceTensor {
  const { name, dims: shape, data_type } = tensor;
  const about = `${subject}: tensor ${JSON.stringify(name)}`;
  const dataType = toDataType(data_type);
  if (!dataType) {
    const wanted = [...new Set(DATA_TYPES.values())].join(", ");
    throw new SyntaxRefusal(`${about} must be of ${wanted}, got type ${data_type} of ONNX's list`);
  }
  const bytes = tensor.data_location === 1 ? findExternal(tensor, { about, readExternal }) : findOwn(tensor, dataType);
  const wanted = countElements(shape) * ITEM_BYTES[dataType];
  if (bytes.length === wanted) return { name, shape, dataType, bytes };
  throw new SyntaxRefusal(`${about} of shape [${shape.join(", ")}] needs ${wanted} bytes, got ${bytes.length}`);
}

/** The tensor's numbers as floats. The caller owns the result. */
export function toFloats(tensor: SourceTensor): Float32Array<ArrayBuffer> {
  return Float32Array.from(listNumbers(tensor));
}

/** The tensor's numbers. */
export function listNumbers({ dataType, bytes }: SourceTensor): ArrayLike<number> & Iterable<number> {
  // A copy, as the file's bytes need not begin where numbers may.
  const { buffer } = new Uint8Array(bytes);
  switch (dataType) {
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    case "float16":
      return Float32Array.from(new Uint16Array(buffer), fromHalf);
    case "int64":
      return Array.from(new BigInt64Array(buffer), Number);
    case "int32":
      return new Int32Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer);
  }
}

/** IEEE 754's binary16: a sign, 5 bits of exponent, 10 of fraction. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function findOwn(tensor: z.infer<typeof tensorSchema>, dataType: SourceDataType): Uint8Array {
  if (tensor.raw_data && tensor.raw_data.length > 0) return tensor.raw_data;
  switch (dataType) {
    case "float32":
      return new Uint8Array(Float32Array.from(tensor.float_data).buffer);
    case "float64":
      return new Uint8Array(Float64Array.from(tensor.double_data).buffer);
    case "int64":
      return new Uint8Array(BigInt64Array.from(tensor.int64_data, (value) => BigInt(value)).buffer);
    case "int32":
      return new Uint8Array(Int32Array.from(tensor.int32_data).buffer);
    case "float16":
      return new Uint8Array(Uint16Array.from(tensor.int32_data).buffer);
    case "int8":
    case "uint8":
    case "bool":
      return Uint8Array.from(tensor.int32_data);
  }
}

function findExternal(
  { external_data }: z.infer<typeof tensorSchema>,
  { about, readExternal }: { readonly about: string; readonly readExternal: TensorContext["readExternal"] },
): Uint8Array {
  const entries = new Map(external_data.map(({ key, value }) => [key, value]));
  const location = entries.get("location") ?? "";
  if (!readExternal)
    throw new SyntaxRefusal(`${about} lies in ${JSON.stringify(location)}: give the model by its path`);
  const file = readExternal(location);
  const offset = Number(entries.get("offset") ?? 0);
  const length = Number(entries.get("length") ?? file.length - offset);
  return file.subarray(offset, offset + length);
}
