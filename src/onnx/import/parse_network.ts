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

/** What `ImportedPart` is, as a schema. */
export const partSchema = z.object({
  name: z.string(),
  shape: z.array(z.number()),
  isInteger: z.boolean(),
  fill: z.number().optional(),
});

/** What `ImportedAdapter` is, as a schema. */
export const adapterSchema = z.object({
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

/** What `ImportedNetwork` is, as a schema. */
export const networkSchema = z.object({
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

/** What `formatNetwork` has written. @throws {TypeError} If it is something else. */
export function parseNetwork(text: string): z.infer<typeof networkSchema> {
  const json = text.replace(/~([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return networkSchema.parse(JSON.parse(json, (_, value) => (isWritten(value) ? Number(value.number) : value)));
}

function isWritten(value: unknown): value is { readonly number: string } {
  return typeof value === "object" && value !== null && Object.keys(value).join() === "number" && "number" in value;
}
