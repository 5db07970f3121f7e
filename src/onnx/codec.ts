import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
import { cannot } from "../core/errors.ts";
import { decodedModelSchema } from "./codec_schema.ts";
import type {
  AttributeValue,
  BatchDimension,
  DataType,
  Dimension,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  ValueInfo,
} from "./onnx_model.ts";

const DATA_TYPE_NUMBERS: Readonly<Record<DataType, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };
const ATTRIBUTE_NUMBERS: Readonly<Record<AttributeValue["kind"], number>> = {
  float: 1,
  int: 2,
  string: 3,
  floats: 6,
  ints: 7,
};

const schema = readFileSync(new URL("../../proto/onnx.proto", import.meta.url), "utf8");
const modelType = protobuf.parse(schema, { keepCase: true }).root.lookupType("onnx.ModelProto");

/** The bytes of an ONNX file. Equal models give equal bytes. The caller owns the result. */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const { graph } = model;
  const message = modelType.create({
    ir_version: model.irVersion,
    producer_name: model.producerName,
    producer_version: model.producerVersion,
    doc_string: model.docString,
    opset_import: [{ domain: "", version: model.opsetVersion }, ...importDomains(graph.nodes)],
    metadata_props: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      node: graph.nodes.map(encodeNode),
      initializer: graph.initializers.map(encodeTensor),
      input: graph.inputs.map(encodeValueInfo),
      output: graph.outputs.map(encodeValueInfo),
    },
  });
  // A copy of our own: protobufjs may hand out a Buffer from Node's shared pool, and runtimes differ in it.
  return Uint8Array.from(modelType.encode(message).finish());
}

/**
 * Reads an ONNX file. Fields that Firn never writes are skipped; tensors must keep their values as raw data.
 * @throws {SyntaxError} If the bytes are not such a file.
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const decoded = decodedModelSchema.safeParse(decodeMessage(bytes));
  if (!decoded.success) {
    const issue = decoded.error.issues[0];
    throw new SyntaxError(cannot("read an ONNX file", "a model of the kind that Firn writes", issue?.path.join(".")));
  }
  const { graph, ...model } = decoded.data;
  return {
    irVersion: model.ir_version,
    opsetVersion: model.opset_import.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0,
    producerName: model.producer_name,
    producerVersion: model.producer_version,
    docString: model.doc_string,
    metadata: Object.fromEntries(model.metadata_props.map(({ key, value }) => [key, value])),
    graph: {
      name: graph.name,
      nodes: graph.node.map((node) => ({
        op: node.op_type,
        ...(node.domain === "" ? {} : { domain: node.domain }),
        name: node.name,
        inputs: node.input,
        outputs: node.output,
        attributes: Object.fromEntries(node.attribute.map((entry) => [entry.name, decodeAttribute(entry)])),
      })),
      initializers: graph.initializer.map((tensor) => ({
        name: tensor.name,
        shape: tensor.dims,
        dataType: decodeDataType(tensor.data_type),
        bytes: Uint8Array.from(tensor.raw_data),
      })),
      inputs: graph.input.map(decodeValueInfo),
      outputs: graph.output.map(decodeValueInfo),
    },
  };
}

function decodeMessage(bytes: Uint8Array): unknown {
  try {
    return modelType.toObject(modelType.decode(bytes), { longs: Number, defaults: true, arrays: true });
  } catch (cause) {
    throw new SyntaxError(cannot("read an ONNX file", "the bytes of a model", bytes), { cause });
  }
}

/** onnxruntime's own domains have one version each. */
function importDomains(nodes: readonly OnnxNode[]): object[] {
  const domains = new Set(nodes.flatMap(({ domain }) => (domain ? [domain] : [])));
  return [...domains].map((domain) => ({ domain, version: 1 }));
}

function encodeNode(node: OnnxNode): object {
  return {
    input: node.inputs,
    output: node.outputs,
    name: node.name,
    op_type: node.op,
    domain: node.domain ?? "",
    attribute: Object.entries(node.attributes).map(([name, value]) => ({
      name,
      type: ATTRIBUTE_NUMBERS[value.kind],
      ...encodeAttribute(value),
    })),
  };
}

function encodeAttribute(attribute: AttributeValue): object {
  switch (attribute.kind) {
    case "int":
      return { i: attribute.value };
    case "float":
      return { f: attribute.value };
    case "string":
      return { s: new TextEncoder().encode(attribute.value) };
    case "ints":
      return { ints: attribute.value };
    case "floats":
      return { floats: attribute.value };
  }
}

type DecodedModel = ReturnType<typeof decodedModelSchema.parse>;
type DecodedAttribute = DecodedModel["graph"]["node"][number]["attribute"][number];
type DecodedValueInfo = DecodedModel["graph"]["input"][number];

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
  }
  throw new SyntaxError(
    cannot(`read the attribute "${attribute.name}"`, "an int, float, string or list", attribute.type),
  );
}

function encodeTensor(tensor: OnnxTensor): object {
  return {
    dims: tensor.shape,
    data_type: DATA_TYPE_NUMBERS[tensor.dataType],
    name: tensor.name,
    raw_data: tensor.bytes,
  };
}

function encodeValueInfo(info: ValueInfo): object {
  const dim = info.shape.map((length) => (typeof length === "number" ? { dim_value: length } : { dim_param: length }));
  return { name: info.name, type: { tensor_type: { elem_type: DATA_TYPE_NUMBERS[info.dataType], shape: { dim } } } };
}

function decodeValueInfo(info: DecodedValueInfo): ValueInfo {
  const { elem_type, shape } = info.type.tensor_type;
  return { name: info.name, dataType: decodeDataType(elem_type), shape: shape.dim.map(decodeDimension) };
}

function decodeDimension(dimension: { dim_value?: number | undefined; dim_param?: string | undefined }): Dimension {
  if (dimension.dim_value !== undefined) return dimension.dim_value;
  const symbol = dimension.dim_param ?? "";
  if (isBatchDimension(symbol)) return symbol;
  throw new SyntaxError(cannot("read an ONNX file", "dimensions that are numbers or N or a multiple of N", symbol));
}

function isBatchDimension(symbol: string): symbol is BatchDimension {
  return /^N(\*\d+)?$/.test(symbol);
}

function decodeDataType(number: number): DataType {
  switch (number) {
    case DATA_TYPE_NUMBERS.float32:
      return "float32";
    case DATA_TYPE_NUMBERS.uint8:
      return "uint8";
    case DATA_TYPE_NUMBERS.int32:
      return "int32";
    case DATA_TYPE_NUMBERS.int64:
      return "int64";
    case DATA_TYPE_NUMBERS.bool:
      return "bool";
  }
  throw new SyntaxError(cannot("read an ONNX file", "tensors of float32, uint8, int32, int64 or bool", number));
}
