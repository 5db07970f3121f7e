import { z } from "zod";

const bytesSchema = z.instanceof(Uint8Array);

/** Any float32: z.number() refuses infinities and NaN, which attributes may hold. */
const floatSchema = z.custom<number>((value) => typeof value === "number");

const dimensionSchema = z.object({ dim_value: z.number().optional(), dim_param: z.string().optional() });

const valueInfoSchema = z.object({
  name: z.string(),
  type: z.object({
    tensor_type: z.object({ elem_type: z.number(), shape: z.object({ dim: z.array(dimensionSchema) }) }),
  }),
});

const attributeSchema = z.object({
  name: z.string(),
  type: z.number(),
  get t() {
    return tensorSchema.nullish();
  },
  i: z.number().default(0),
  f: floatSchema.default(0),
  s: bytesSchema.default(new Uint8Array(0)),
  ints: z.array(z.number()),
  floats: z.array(floatSchema),
  strings: z.array(bytesSchema),
  get g() {
    return graphSchema.nullish();
  },
});

const nodeSchema = z.object({
  op_type: z.string(),
  domain: z.string(),
  name: z.string(),
  input: z.array(z.string()),
  output: z.array(z.string()),
  attribute: z.array(attributeSchema),
});

const tensorSchema = z.object({
  name: z.string(),
  dims: z.array(z.number()),
  data_type: z.number(),
  raw_data: bytesSchema.default(new Uint8Array(0)),
  external_data: z.array(z.object({ key: z.string(), value: z.string() })),
  data_location: z.number(),
});

const graphSchema = z.object({
  name: z.string(),
  get node() {
    return z.array(nodeSchema);
  },
  initializer: z.array(tensorSchema),
  input: z.array(valueInfoSchema),
  output: z.array(valueInfoSchema),
});

/** A graph of such a file. */
export type DecodedGraph = z.infer<typeof graphSchema>;

/** What protobufjs gives for a ModelProto of proto/onnx.proto, with defaults filled in. */
export const decodedModelSchema = z.object({
  ir_version: z.number(),
  producer_name: z.string(),
  producer_version: z.string(),
  doc_string: z.string(),
  opset_import: z.array(z.object({ domain: z.string(), version: z.number() })),
  metadata_props: z.array(z.object({ key: z.string(), value: z.string() })),
  graph: graphSchema,
});
