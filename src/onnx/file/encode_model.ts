import { joinBytes } from "../../core/join_bytes.ts";
import { encodeFieldHeader } from "./field_header.ts";
import {
  ATTRIBUTE_NUMBERS,
  DATA_TYPE_NUMBERS,
  EXTERNAL_LOCATION,
  graphMessage,
  modelMessage,
  tensorMessage,
} from "./model_message.ts";
import type { AttributeValue, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, ValueInfo } from "./onnx_model.ts";

/** The numbers of the fields that are written here, not by protobufjs. */
const GRAPH_FIELD = 7;
const INITIALIZER_FIELD = 5;
const RAW_DATA_FIELD = 9;

/** The bytes of an ONNX file. Equal models give equal bytes. The caller owns the result. */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  return joinBytes(encodePieces(model));
}

/** How many bytes `encodeModel` would give. */
export function measureModel(model: OnnxModel): number {
  return measurePieces(encodePieces(model));
}

/**
 * The same bytes in pieces that follow each other: tensors are views of their own bytes, so that a large model is not
 * copied here.
 */
function encodePieces(model: OnnxModel): readonly Uint8Array[] {
  const { graph } = model;
  const graphPieces = encodeGraphPieces(graph);
  const beforeGraph = {
    ir_version: model.irVersion,
    producer_name: model.producerName,
    producer_version: model.producerVersion,
    doc_string: model.docString,
  };
  const behindGraph = {
    opset_import: [{ domain: "", version: model.opsetVersion }, ...importDomains(graph.nodes)],
    metadata_props: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
  };
  return [
    modelMessage.encode(modelMessage.create(beforeGraph)).finish(),
    encodeFieldHeader(GRAPH_FIELD, measurePieces(graphPieces)),
    ...graphPieces,
    modelMessage.encode(modelMessage.create(behindGraph)).finish(),
  ];
}

/** Fields in the order of their numbers, as protobufjs writes them. */
function encodeGraphPieces(graph: OnnxGraph): readonly Uint8Array[] {
  const { name, node, input, output } = describeGraph(graph);
  return [
    graphMessage.encode(graphMessage.create({ name, node })).finish(),
    ...graph.initializers.flatMap(encodeTensorPieces),
    graphMessage.encode(graphMessage.create({ input, output })).finish(),
  ];
}

function encodeTensorPieces(tensor: OnnxTensor): readonly Uint8Array[] {
  const before = tensorMessage.encode(tensorMessage.create(describeTensor(tensor))).finish();
  const pieces = tensor.external
    ? [before]
    : [before, encodeFieldHeader(RAW_DATA_FIELD, tensor.bytes.length), tensor.bytes];
  return [encodeFieldHeader(INITIALIZER_FIELD, measurePieces(pieces)), ...pieces];
}

function measurePieces(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** onnxruntime's own domains have one version each. */
function importDomains(nodes: readonly OnnxNode[]): object[] {
  const domains = new Set(nodes.flatMap(({ domain }) => (domain ? [domain] : [])));
  return [...domains].map((domain) => ({ domain, version: 1 }));
}

function describeGraph(graph: OnnxGraph) {
  return {
    name: graph.name,
    node: graph.nodes.map(encodeNode),
    initializer: graph.initializers.map(describeWholeTensor),
    input: graph.inputs.map(encodeValueInfo),
    output: graph.outputs.map(encodeValueInfo),
  };
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
    case "strings":
      return { strings: attribute.value.map((text) => new TextEncoder().encode(text)) };
    case "tensor":
      return { t: describeWholeTensor(attribute.value) };
    case "graph":
      return { g: describeGraph(attribute.value) };
  }
}

function describeWholeTensor(tensor: OnnxTensor): object {
  const described = describeTensor(tensor);
  return tensor.external ? described : { ...described, raw_data: tensor.bytes };
}

/** All but the bytes. */
function describeTensor({ name, shape, dataType, external }: OnnxTensor): object {
  const described = { dims: shape, data_type: DATA_TYPE_NUMBERS[dataType], name };
  if (!external) return described;
  const { location, offset, length } = external;
  const place = { location, offset: String(offset), length: String(length) };
  return {
    ...described,
    external_data: Object.entries(place).map(([key, value]) => ({ key, value })),
    data_location: EXTERNAL_LOCATION,
  };
}

function encodeValueInfo(info: ValueInfo): object {
  const dim = info.shape.map((length) => (typeof length === "number" ? { dim_value: length } : { dim_param: length }));
  return { name: info.name, type: { tensor_type: { elem_type: DATA_TYPE_NUMBERS[info.dataType], shape: { dim } } } };
}
