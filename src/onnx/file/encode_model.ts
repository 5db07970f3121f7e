import { ATTRIBUTE_NUMBERS, DATA_TYPE_NUMBERS, modelMessage } from "./model_message.ts";
import type { AttributeValue, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, ValueInfo } from "./onnx_model.ts";

/** The bytes of an ONNX file. Equal models give equal bytes. The caller owns the result. */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const { graph } = model;
  const message = modelMessage.create({
    ir_version: model.irVersion,
    producer_name: model.producerName,
    producer_version: model.producerVersion,
    doc_string: model.docString,
    opset_import: [{ domain: "", version: model.opsetVersion }, ...importDomains(graph.nodes)],
    metadata_props: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
    graph: encodeGraphMessage(graph),
  });
  // A copy of our own: protobufjs may hand out a Buffer from Node's shared pool, and runtimes differ in it.
  return Uint8Array.from(modelMessage.encode(message).finish());
}

/** onnxruntime's own domains have one version each. */
function importDomains(nodes: readonly OnnxNode[]): object[] {
  const domains = new Set(nodes.flatMap(({ domain }) => (domain ? [domain] : [])));
  return [...domains].map((domain) => ({ domain, version: 1 }));
}

function encodeGraphMessage(graph: OnnxGraph): object {
  return {
    name: graph.name,
    node: graph.nodes.map(encodeNode),
    initializer: graph.initializers.map(encodeTensor),
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
    case "graph":
      return { g: encodeGraphMessage(attribute.value) };
  }
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
