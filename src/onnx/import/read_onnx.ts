import { z } from "zod";
import { describeCause, SyntaxRefusal } from "../../core/errors/errors.ts";
import { modelMessage } from "../file/model_message.ts";
import type { OnnxSource, SourceAttribute, SourceNode, SourceTensor, SourceValue } from "./onnx_source.ts";
import { readTensor, tensorSchema, toDataType } from "./read_tensor.ts";

/** Finds the bytes of a file that the ONNX file names, relative to its own folder. */
export type ReadExternalData = (location: string) => Uint8Array;

const bytesSchema = z.instanceof(Uint8Array);
const numberSchema = z.custom<number>((value) => typeof value === "number");

const attributeSchema = z.object({
  name: z.string(),
  type: z.number(),
  i: numberSchema.nullish(),
  f: numberSchema.nullish(),
  s: bytesSchema.nullish(),
  t: tensorSchema.nullish(),
  ints: z.array(numberSchema),
  floats: z.array(numberSchema),
  strings: z.array(bytesSchema),
  ref_attr_name: z.string(),
});

const nodeSchema = z.object({
  op_type: z.string(),
  domain: z.string(),
  name: z.string(),
  input: z.array(z.string()),
  output: z.array(z.string()),
  attribute: z.array(attributeSchema),
});

const dimensionSchema = z.object({ dim_value: z.number().nullish(), dim_param: z.string().nullish() });

const valueSchema = z.object({
  name: z.string(),
  type: z
    .object({
      tensor_type: z
        .object({ elem_type: z.number(), shape: z.object({ dim: z.array(dimensionSchema) }).nullish() })
        .nullish(),
    })
    .nullish(),
});

const fileSchema = z.object({
  opset_import: z.array(z.object({ domain: z.string(), version: z.number() })),
  functions: z.array(
    z.object({
      name: z.string(),
      domain: z.string(),
      input: z.array(z.string()),
      output: z.array(z.string()),
      node: z.array(nodeSchema),
      attribute_proto: z.array(attributeSchema),
    }),
  ),
  graph: z.object({
    node: z.array(nodeSchema),
    initializer: z.array(tensorSchema),
    input: z.array(valueSchema),
    output: z.array(valueSchema),
  }),
});

/**
 * Reads an ONNX file that any program has written. Tensors stay views of `bytes` where the file keeps raw data.
 * @param subject What messages begin with: the file.
 * @throws {SyntaxError} If it is no ONNX file, or a tensor's values are missing or of a type that networks for training
 * do not have.
 */
export function readOnnx(
  bytes: Uint8Array,
  { subject, readExternal }: { readonly subject: string; readonly readExternal?: ReadExternalData },
): OnnxSource {
  const decoded = fileSchema.safeParse(decodeMessage(bytes, subject));
  if (!decoded.success) throw new SyntaxRefusal(`${subject} is no ONNX model: it holds no graph`);
  const { graph, opset_import, functions } = decoded.data;
  if (graph.node.length === 0) throw new SyntaxRefusal(`${subject} is no ONNX model: its graph has no nodes`);
  const toTensor = (tensor: z.infer<typeof tensorSchema>): SourceTensor =>
    readTensor(tensor, { subject, readExternal });
  const toAttributes = (attributes: readonly z.infer<typeof attributeSchema>[]) =>
    Object.fromEntries(attributes.map((attribute) => [attribute.name, readAttribute(attribute, toTensor)]));
  const toNode = (node: z.infer<typeof nodeSchema>): SourceNode => ({
    op: node.op_type,
    domain: node.domain === "ai.onnx" ? "" : node.domain,
    name: node.name,
    inputs: node.input,
    outputs: node.output,
    attributes: toAttributes(node.attribute),
  });
  return {
    opset: opset_import.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 1,
    nodes: graph.node.map(toNode),
    initializers: graph.initializer.map(toTensor),
    inputs: graph.input.map(readValue),
    outputs: graph.output.map(readValue),
    functions: functions.map(({ name, domain, input, output, node, attribute_proto }) => ({
      name,
      domain,
      inputs: input,
      outputs: output,
      nodes: node.map(toNode),
      defaults: toAttributes(attribute_proto),
    })),
  };
}

function decodeMessage(bytes: Uint8Array, subject: string): unknown {
  try {
    return modelMessage.toObject(modelMessage.decode(bytes), { longs: Number, defaults: true, arrays: true });
  } catch (cause) {
    throw new SyntaxRefusal(`${subject} is no ONNX model, or not the whole of one: ${describeCause(cause)}`, { cause });
  }
}

/** ONNX's numbers for types of attributes. */
function readAttribute(
  attribute: z.infer<typeof attributeSchema>,
  toTensor: (tensor: z.infer<typeof tensorSchema>) => SourceTensor,
): SourceAttribute {
  if (attribute.ref_attr_name !== "") return { kind: "reference", value: attribute.ref_attr_name };
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (attribute.type) {
    case 1:
      return { kind: "float", value: attribute.f ?? 0 };
    case 2:
      return { kind: "int", value: attribute.i ?? 0 };
    case 3:
      return { kind: "string", value: text(attribute.s ?? new Uint8Array(0)) };
    case 4:
      if (attribute.t) return { kind: "tensor", value: toTensor(attribute.t) };
      break;
    case 6:
      return { kind: "floats", value: attribute.floats };
    case 7:
      return { kind: "ints", value: attribute.ints };
    case 8:
      return { kind: "strings", value: attribute.strings.map(text) };
  }
  return { kind: "graph" };
}

function readValue({ name, type }: z.infer<typeof valueSchema>): SourceValue {
  const tensor = type?.tensor_type;
  return {
    name,
    dataType: tensor ? toDataType(tensor.elem_type) : undefined,
    shape: tensor?.shape?.dim.map(({ dim_value, dim_param }, axis) => dim_value ?? (dim_param || `axis ${axis}`)),
  };
}
