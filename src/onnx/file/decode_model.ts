import { needs, SyntaxRefusal } from "../../core/errors/errors.ts";
import { type DecodedGraph, decodedModelSchema } from "./decoded_model_schema.ts";
import { modelMessage } from "./model_message.ts";
import type {
  AttributeValue,
  BatchDimension,
  DataType,
  Dimension,
  ExternalBytes,
  OnnxGraph,
  OnnxModel,
  OnnxTensor,
  ValueInfo,
} from "./onnx_model.ts";
import { ATTRIBUTE_NUMBERS, DATA_TYPE_NUMBERS, EXTERNAL_LOCATION } from "./onnx_numbers.ts";

/**
 * Reads an ONNX file. Fields that Firn never writes are skipped; tensors must keep their values as raw data.
 * @throws {SyntaxError} If the bytes are not such a file.
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const decoded = decodedModelSchema.safeParse(decodeMessage(bytes));
  if (!decoded.success) {
    const issue = decoded.error.issues[0];
    throw new SyntaxRefusal(needs("the ONNX file", "a model of the kind that Firn writes", issue?.path.join(".")));
  }
  const { graph, ...model } = decoded.data;
  return {
    irVersion: model.ir_version,
    opsetVersion: model.opset_import.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0,
    producerName: model.producer_name,
    producerVersion: model.producer_version,
    docString: model.doc_string,
    metadata: Object.fromEntries(model.metadata_props.map(({ key, value }) => [key, value])),
    graph: decodeGraph(graph),
  };
}

function decodeGraph(graph: DecodedGraph): OnnxGraph {
  return {
    name: graph.name,
    nodes: graph.node.map((node) => ({
      op: node.op_type,
      ...(node.domain === "" ? {} : { domain: node.domain }),
      name: node.name,
      inputs: node.input,
      outputs: node.output,
      attributes: Object.fromEntries(node.attribute.map((entry) => [entry.name, decodeAttribute(entry)])),
    })),
    initializers: graph.initializer.map(decodeTensor),
    inputs: graph.input.map(decodeValueInfo),
    outputs: graph.output.map(decodeValueInfo),
  };
}

function decodeTensor(tensor: DecodedGraph["initializer"][number]): OnnxTensor {
  const { buffer, byteOffset, byteLength } = tensor.raw_data;
  const external = tensor.data_location === EXTERNAL_LOCATION ? decodeExternal(tensor) : undefined;
  return {
    name: tensor.name,
    shape: tensor.dims,
    dataType: decodeDataType(tensor.data_type),
    // A view of the file's bytes, as a plain array where they are a Buffer's.
    bytes: new Uint8Array(buffer, byteOffset, byteLength),
    ...(external ? { external } : {}),
  };
}

/** From the file's beginning where there is no offset. */
function decodeExternal({ name, external_data }: DecodedGraph["initializer"][number]): ExternalBytes {
  const {
    location = "",
    offset = "0",
    length = "",
  } = Object.fromEntries(external_data.map(({ key, value }) => [key, value]));
  const external = { location, offset: Number(offset), length: Number(length) };
  const isWhole = [external.offset, external.length].every((value) => Number.isSafeInteger(value) && value >= 0);
  // Another folder's files are none of its business.
  if (isWhole && length !== "" && location !== "" && !/[\\/]/.test(location)) return external;
  throw new SyntaxRefusal(needs(`the tensor "${name}"`, "a file's name, an offset and a length", external_data));
}

function decodeMessage(bytes: Uint8Array): unknown {
  try {
    return modelMessage.toObject(modelMessage.decode(bytes), { longs: Number, defaults: true, arrays: true });
  } catch (cause) {
    throw new SyntaxRefusal(needs("the ONNX file", "the bytes of a model", bytes), { cause });
  }
}

type DecodedAttribute = DecodedGraph["node"][number]["attribute"][number];
type DecodedValueInfo = DecodedGraph["input"][number];

function decodeAttribute(attribute: DecodedAttribute): AttributeValue {
  switch (attribute.type) {
    case ATTRIBUTE_NUMBERS.int:
      return { kind: "int", value: attribute.i };
    case ATTRIBUTE_NUMBERS.float:
      return { kind: "float", value: attribute.f };
    case ATTRIBUTE_NUMBERS.string:
      return { kind: "string", value: new TextDecoder().decode(attribute.s) };
    case ATTRIBUTE_NUMBERS.ints:
      return { kind: "ints", value: attribute.ints };
    case ATTRIBUTE_NUMBERS.floats:
      return { kind: "floats", value: attribute.floats };
    case ATTRIBUTE_NUMBERS.strings:
      return { kind: "strings", value: attribute.strings.map((text) => new TextDecoder().decode(text)) };
    case ATTRIBUTE_NUMBERS.tensor:
      if (attribute.t) return { kind: "tensor", value: decodeTensor(attribute.t) };
      break;
    case ATTRIBUTE_NUMBERS.graph:
      if (attribute.g) return { kind: "graph", value: decodeGraph(attribute.g) };
  }
  throw new SyntaxRefusal(
    needs(`the attribute "${attribute.name}"`, "an int, float, string, list, tensor or graph", attribute.type),
  );
}

function decodeValueInfo(info: DecodedValueInfo): ValueInfo {
  const { elem_type, shape } = info.type.tensor_type;
  return { name: info.name, dataType: decodeDataType(elem_type), shape: shape.dim.map(decodeDimension) };
}

function decodeDimension(dimension: { dim_value?: number | undefined; dim_param?: string | undefined }): Dimension {
  if (dimension.dim_value !== undefined) return dimension.dim_value;
  const symbol = dimension.dim_param ?? "";
  if (isBatchDimension(symbol)) return symbol;
  throw new SyntaxRefusal(needs("the ONNX file", "dimensions that are numbers or N or a multiple of N", symbol));
}

function isBatchDimension(symbol: string): symbol is BatchDimension {
  return /^N(\*\d+)?$/.test(symbol);
}

function decodeDataType(number: number): DataType {
  switch (number) {
    case DATA_TYPE_NUMBERS.float32:
      return "float32";
    case DATA_TYPE_NUMBERS.float16:
      return "float16";
    case DATA_TYPE_NUMBERS.uint8:
      return "uint8";
    case DATA_TYPE_NUMBERS.int8:
      return "int8";
    case DATA_TYPE_NUMBERS.int32:
      return "int32";
    case DATA_TYPE_NUMBERS.int64:
      return "int64";
    case DATA_TYPE_NUMBERS.bool:
      return "bool";
  }
  throw new SyntaxRefusal(
    needs("the ONNX file", "tensors of float32, float16, uint8, int8, int32, int64 or bool", number),
  );
}
