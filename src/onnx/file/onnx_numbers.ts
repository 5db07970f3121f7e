import type { AttributeValue, DataType } from "./onnx_model.ts";

/** ONNX's numbers for types of elements. */
export const DATA_TYPE_NUMBERS: Readonly<Record<DataType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
};

/** ONNX's numbers for types of attributes. */
export const ATTRIBUTE_NUMBERS: Readonly<Record<AttributeValue["kind"], number>> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
};

/** ONNX's number for a tensor whose data stand in another file. */
export const EXTERNAL_LOCATION = 1;
