import { joinBytes } from "../../core/join_bytes.ts";
import { MessageWriter, measurePieces } from "./message_writer.ts";
import type { AttributeValue, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, ValueInfo } from "./onnx_model.ts";
import { ATTRIBUTE_NUMBERS, DATA_TYPE_NUMBERS, EXTERNAL_LOCATION } from "./onnx_numbers.ts";

/** The bytes of an ONNX file. Equal models give equal bytes. The caller owns the result. */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  return joinBytes(writeModel(model).listPieces());
}

/** How many bytes `encodeModel` would give. */
export function measureModel(model: OnnxModel): number {
  return measurePieces(writeModel(model).listPieces());
}

/**
 * Fields are written in the order of their numbers, which proto/onnx.proto has: protobufjs reads these files by it.
 * Tensors are views of their own bytes, so that a large model is not copied here.
 */
function writeModel(model: OnnxModel): MessageWriter {
  const { graph, metadata } = model;
  return new MessageWriter()
    .integer(1, model.irVersion)
    .text(2, model.producerName)
    .text(3, model.producerVersion)
    .text(6, model.docString)
    .message(7, writeGraph(graph))
    .messages(8, [writeOperatorSet("", model.opsetVersion), ...importDomains(graph.nodes)])
    .messages(14, writeTexts(metadata));
}

/** onnxruntime's own domains have one version each. */
function importDomains(nodes: readonly OnnxNode[]): MessageWriter[] {
  const domains = new Set(nodes.flatMap(({ domain }) => (domain ? [domain] : [])));
  return [...domains].map((domain) => writeOperatorSet(domain, 1));
}

function writeOperatorSet(domain: string, version: number): MessageWriter {
  return new MessageWriter().text(1, domain).integer(2, version);
}

function writeTexts(texts: Readonly<Record<string, string>>): MessageWriter[] {
  return Object.entries(texts).map(([key, value]) => new MessageWriter().text(1, key).text(2, value));
}

function writeGraph({ name, nodes, initializers, inputs, outputs }: OnnxGraph): MessageWriter {
  return new MessageWriter()
    .messages(1, nodes.map(writeNode))
    .text(2, name)
    .messages(5, initializers.map(writeTensor))
    .messages(11, inputs.map(writeValueInfo))
    .messages(12, outputs.map(writeValueInfo));
}

function writeNode({ inputs, outputs, name, op, attributes, domain = "" }: OnnxNode): MessageWriter {
  return new MessageWriter()
    .texts(1, inputs)
    .texts(2, outputs)
    .text(3, name)
    .text(4, op)
    .messages(
      5,
      Object.entries(attributes).map(([key, value]) => writeAttribute(key, value)),
    )
    .text(7, domain);
}

function writeAttribute(name: string, attribute: AttributeValue): MessageWriter {
  const writer = new MessageWriter().text(1, name);
  return writeValue(attribute, writer).integer(20, ATTRIBUTE_NUMBERS[attribute.kind]);
}

function writeValue(attribute: AttributeValue, writer: MessageWriter): MessageWriter {
  switch (attribute.kind) {
    case "float":
      return writer.presentFloat(2, attribute.value);
    case "int":
      return writer.presentInteger(3, attribute.value);
    case "string":
      return writer.presentText(4, attribute.value);
    case "tensor":
      return writer.message(5, writeTensor(attribute.value));
    case "graph":
      return writer.message(6, writeGraph(attribute.value));
    case "floats":
      return writer.floats(7, attribute.value);
    case "ints":
      return writer.integers(8, attribute.value);
    case "strings":
      return writer.texts(9, attribute.value);
  }
}

function writeTensor({ name, shape, dataType, bytes, external }: OnnxTensor): MessageWriter {
  const writer = new MessageWriter().integers(1, shape).integer(2, DATA_TYPE_NUMBERS[dataType]).text(8, name);
  if (!external) return writer.presentBytes(9, bytes);
  const { location, offset, length } = external;
  const place = { location, offset: String(offset), length: String(length) };
  return writer.messages(13, writeTexts(place)).integer(14, EXTERNAL_LOCATION);
}

function writeValueInfo({ name, dataType, shape }: ValueInfo): MessageWriter {
  const dimensions = shape.map((length) =>
    typeof length === "number"
      ? new MessageWriter().presentInteger(1, length)
      : new MessageWriter().presentText(2, length),
  );
  const tensorType = new MessageWriter()
    .integer(1, DATA_TYPE_NUMBERS[dataType])
    .message(2, new MessageWriter().messages(1, dimensions));
  return new MessageWriter().text(1, name).message(2, new MessageWriter().message(1, tensorType));
}
