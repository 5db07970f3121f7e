import { z } from "zod";
import { needs, TypeRefusal } from "../../core/errors/errors.ts";

/** A layer's own settings; what else it holds depends on its class. */
const configSchema = z.looseObject({
  name: z.string().min(1),
  trainable: z.boolean().optional(),
  batch_input_shape: z.array(z.number().int().positive().nullable()).optional(),
});

/** Which tensor a call takes: layer, the number of that layer's call, the number of that call's output. */
const tensorReferenceSchema = z.tuple([z.string(), z.number().int(), z.number().int()]).rest(z.unknown());

/** A layer, or one within a layer. */
export const layerSchema = z.looseObject({
  class_name: z.string(),
  config: configSchema,
  inbound_nodes: z.array(z.array(tensorReferenceSchema)).optional(),
});

const sequentialSchema = z.object({
  class_name: z.literal("Sequential"),
  config: z.looseObject({ name: z.string(), layers: z.array(layerSchema).min(1) }),
});

const functionalSchema = z.object({
  class_name: z.enum(["Model", "Functional"]),
  config: z.looseObject({
    name: z.string(),
    layers: z.array(layerSchema).min(1),
    input_layers: z.array(tensorReferenceSchema).min(1),
    output_layers: z.array(tensorReferenceSchema).min(1),
  }),
});

const modelSchema = z.discriminatedUnion("class_name", [sequentialSchema, functionalSchema]);

/** One layer as tfjs writes it. */
export type LayerJson = z.infer<typeof layerSchema>;
/** A sequential or functional model as tfjs writes it. */
export type ModelJson = z.infer<typeof modelSchema>;
/** [layer, call, output, …]: which tensor a call takes. */
export type TensorReference = z.infer<typeof tensorReferenceSchema>;

/** True for a layer that is itself a model. */
export function isModelJson(layer: LayerJson): boolean {
  return ["Sequential", "Model", "Functional"].includes(layer.class_name);
}

/**
 * Checks that `topology` is what `tf.LayersModel.toJSON` makes of a sequential or functional model.
 * @throws {TypeError} If it is not; the message names the layer where there is one.
 */
export function parseModelJson(topology: unknown): ModelJson {
  const parsed = modelSchema.safeParse(topology);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = nameLayerAt(topology, issue?.path ?? []);
  const wanted = "the JSON of a sequential or functional tf.LayersModel";
  throw new TypeRefusal(`${needs("the model's topology", wanted, readAt(topology, issue?.path ?? []))} (${where})`);
}

/** 'layer "dense_1", config.units' or the bare path. */
function nameLayerAt(topology: unknown, path: readonly PropertyKey[]): string {
  const rest = path.slice(3);
  if (path[0] === "config" && path[1] === "layers" && path.length > 2) {
    const name = readAt(topology, [...path.slice(0, 3), "config", "name"]);
    return `layer ${typeof name === "string" ? JSON.stringify(name) : `number ${String(path[2])}`}, ${rest.join(".")}`;
  }
  return path.length > 0 ? path.join(".") : "the whole";
}

function readAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : at), value);
}
