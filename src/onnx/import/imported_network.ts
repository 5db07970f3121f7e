import { z } from "zod";
import type { Dimension } from "../file/onnx_model.ts";

/** Element types that are not what they are taken for: floats of 32 bits, and whole numbers of 64. */
const otherTypeSchema = z.enum(["float64", "float16", "int32", "int8", "uint8", "bool"]);

/** Lengths that depend on the batch are written as they are: "N", "N*49". */
const dimensionSchema = z.custom<Dimension>(
  (value) => typeof value === "number" || (typeof value === "string" && /^N(\*\d+)?$/.test(value)),
);
const numberSchema = z.custom<number>((value) => typeof value === "number");

const attributeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("int"), value: numberSchema }),
  z.object({ kind: z.literal("float"), value: numberSchema }),
  z.object({ kind: z.literal("string"), value: z.string() }),
  z.object({ kind: z.literal("ints"), value: z.array(numberSchema) }),
  z.object({ kind: z.literal("floats"), value: z.array(numberSchema) }),
  z.object({ kind: z.literal("strings"), value: z.array(z.string()) }),
]);

const partSchema = z.object({
  name: z.string(),
  shape: z.array(z.number()),
  isInteger: z.boolean(),
  fill: z.number().optional(),
});

const adapterSchema = z.object({
  weight: z.string(),
  a: z.string(),
  b: z.string(),
  scale: z.number(),
  outputAxis: z.number(),
  uses: z.array(z.object({ base: z.string(), sum: z.string(), added: z.array(z.string()) })),
});

const nodeSchema = z.object({
  op: z.string(),
  name: z.string(),
  inputs: z.array(z.string()),
  outputs: z.array(z.string()),
  attributes: z.record(z.string(), attributeSchema),
});

const originSchema = z.object({
  inputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.number()),
      dataType: z.enum(["float32", "int64", ...otherTypeSchema.options]),
    }),
  ),
  output: z.string(),
  ending: z.array(nodeSchema),
});

const networkSchema = z.object({
  opset: z.number(),
  input: z.object({ name: z.string(), shape: z.array(z.number()) }),
  parts: z.array(partSchema).optional(),
  output: z.string(),
  nodes: z.array(nodeSchema),
  statics: z.record(
    z.string(),
    z.object({
      isFloat: z.boolean(),
      shape: z.array(z.number()),
      values: z.array(dimensionSchema),
      dataType: otherTypeSchema.optional(),
    }),
  ),
  weights: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.number()),
      isTrainable: z.boolean(),
      order: z.array(z.number()).optional(),
      dataType: otherTypeSchema.optional(),
    }),
  ),
  adapters: z.array(adapterSchema).optional(),
  origin: originSchema.optional(),
});

/**
 * A network read from an ONNX file, without the values of its weights: plain data, which a layer's settings hold.
 * - `input`: what it takes; `shape` is one sample's. Where the file has several inputs it is a row of numbers, of which
 *   the `parts` follow each other; those with a `fill` are that number throughout, and not in the row.
 * - `nodes`: as in the file, those that the output needs, in its order.
 * - `statics`: numbers that are no weights: shapes, axes, indices, single floats.
 * - `weights`: float tensors by the names that parameters get, with the parameters' shapes. What is not trainable is
 *   part of the state. `order` says which axis of the parameter each axis of the file's weight is, where they lie in
 *   another order (`chooseWeightOrder`).
 * - `dataType` of numbers and weights: what they were in the file, if not float32 or int64.
 * - `origin`: what the file's inputs and its output are called, with one sample's shape, and the nodes that made the
 *   output of what the network ends with (a softmax).
 * - `adapters`: which nodes and weights `addAdapters` has put beside products.
 */
export type ImportedNetwork = z.infer<typeof networkSchema>;

/** One of several inputs of a file. */
export type ImportedPart = z.infer<typeof partSchema>;

/**
 * A low-rank adapter of `weight`, W: the weights `a` [r, in] and `b` [out, r], or with the axes of a window behind
 * these; W's axis `outputAxis` is out. Each use is a product that is called `base` now, the sum that has its name, and
 * the outputs of the nodes that were added.
 */
export type ImportedAdapter = z.infer<typeof adapterSchema>;

/** One operator of an imported network. */
export type ImportedNode = ImportedNetwork["nodes"][number];

/**
 * The network as a text, for a layer's settings. TF.js writes the texts of settings in snake case, and reads them in
 * camel case: capitals and underscores are written by their numbers.
 */
export function formatNetwork(network: ImportedNetwork): string {
  // JSON has no infinities, which bounds may be.
  const json = JSON.stringify(network, (_, value) => (isUnwritable(value) ? { number: String(value) } : value));
  return json.replace(/[A-Z_~]/g, (letter) => `~${letter.charCodeAt(0).toString(16)}`);
}

/** What `formatNetwork` has written. @throws {TypeError} If it is something else. */
export function parseNetwork(text: string): ImportedNetwork {
  const json = text.replace(/~([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return networkSchema.parse(JSON.parse(json, (_, value) => (isWritten(value) ? Number(value.number) : value)));
}

function isUnwritable(value: unknown): boolean {
  return typeof value === "number" && !Number.isFinite(value);
}

function isWritten(value: unknown): value is { readonly number: string } {
  return typeof value === "object" && value !== null && Object.keys(value).join() === "number" && "number" in value;
}
