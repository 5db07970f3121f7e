import { z } from "zod";
import { describeIssue } from "../../../core/errors/describe_issue.ts";
import { needs, RangeRefusal, TypeRefusal } from "../../../core/errors/errors.ts";
import type { ModelTopology } from "../../../engine/model_topology.ts";
import { MERGING_OPERATIONS } from "../../../engine/tfjs/layers/keras/keras_merge.ts";
import { convertCalls, listReferences, type Neighbours } from "./keras_calls.ts";
import { convertSettings } from "./keras_layer_settings.ts";
import { listMaskOperators } from "./mask_operators.ts";

const layerSchema = z.looseObject({
  module: z.string().nullish(),
  class_name: z.string(),
  config: z.looseObject({ name: z.string().optional() }),
  name: z.string().optional(),
  inbound_nodes: z.array(z.unknown()).optional(),
});

const modelSchema = z.looseObject({
  class_name: z.string(),
  config: z.looseObject({
    name: z.string(),
    layers: z.array(layerSchema).min(1),
    input_layers: z.unknown().optional(),
    output_layers: z.unknown().optional(),
  }),
});

/** Where a model was read. */
export interface KerasSource {
  /** What messages begin with. */
  readonly file: string;
  /** Whether settings have the meaning of Keras 2. */
  readonly isKeras2: boolean;
  /** Whether some layer makes a mask, of a model around this one too. Default: whether one of its own layers does. */
  readonly isMasked?: boolean;
}

/** A layer as Keras writes it. */
type KerasLayer = z.infer<typeof layerSchema>;

/** What of operators on tensors (`a + b`) is a layer, too. */
const OPERATORS: ReadonlySet<string> = new Set(["Add", "Subtract", "Multiply"]);

/** The classes that are models themselves. */
const MODELS = ["Sequential", "Functional", "Model"];

/**
 * A model's layers and calls as Keras 2 and TF.js write them, of Keras 3's way: settings without their modules,
 * policies of types and initialisers, and calls as lists.
 * @throws {RefusalError} If it is neither a sequential nor a functional model, or has a call or a setting that TF.js
 *   has no words for; the message names the layer.
 */
export function convertKerasModel(config: unknown, source: KerasSource): ModelTopology {
  const { file } = source;
  const { class_name } = Object(config);
  if (typeof class_name === "string" && !MODELS.includes(class_name)) {
    throw new RangeRefusal(needs(file, "a sequential or functional model", class_name));
  }
  const parsed = modelSchema.safeParse(config);
  if (!parsed.success) throw new TypeRefusal(`${file}: config.json: ${describeIssue(parsed.error, config)}`);
  const { layers, ...rest } = parsed.data.config;
  const { isMasked = hasMasks(layers) } = source;
  const place: Place = { ...source, isMasked, shifted: listShifted(layers), maskMakers: listMaskOperators(layers) };
  const kept = layers.filter(({ name = "" }) => !place.maskMakers.has(name));
  const settings = { name: rest.name, layers: kept.map((layer) => convertLayer(layer, place)) };
  if (class_name === "Sequential") return { class_name, config: settings };
  const [inputs, outputs] = [rest.input_layers, rest.output_layers].map((value) =>
    listReferences(value, place.shifted),
  );
  if (!inputs || !outputs) throw new TypeRefusal(needs(file, "inputs and outputs of a functional model", rest));
  return { class_name: "Functional", config: { ...settings, input_layers: inputs, output_layers: outputs } };
}

/**
 * The models within a model, whose calls Keras 3 counts from 0, and TF.js and Keras 2 from 1: their making counts
 * there.
 */
function listShifted(layers: readonly KerasLayer[]): ReadonlySet<string> {
  const isKeras3 = layers.some(({ inbound_nodes = [] }) => inbound_nodes.some((call) => !Array.isArray(call)));
  const models = layers.filter(({ class_name }) => isKeras3 && MODELS.includes(class_name));
  return new Set(models.map(({ name, config }) => name ?? config.name ?? ""));
}

/** Where a layer stands. */
interface Place extends Neighbours, KerasSource {}

/** A layer, or a model within the model. */
function convertLayer(layer: KerasLayer, { file, isKeras2, isMasked = false, ...neighbours }: Place): object {
  const { class_name, module, inbound_nodes = [] } = layer;
  const name = layer.config.name ?? layer.name ?? class_name;
  const what = `${file}: layer "${name}" of class ${class_name}`;
  if (module?.startsWith("keras.src.ops") && !OPERATORS.has(class_name)) {
    throw new RangeRefusal(`${what} is an operator on tensors, which TF.js has no layer for (export it as ONNX)`);
  }
  const calls = convertCalls(inbound_nodes, { className: class_name, what, ...neighbours });
  if (MODELS.includes(class_name)) {
    const inner = convertKerasModel(layer, { file, isKeras2, isMasked });
    return { ...inner, name, inbound_nodes: calls };
  }
  const settings = convertSettings(layer, { what, isKeras2 });
  if (!isMasked || !MERGING.has(class_name)) {
    return { class_name, config: { ...settings, name }, name, inbound_nodes: calls };
  }
  const merging = { ...settings, operation: class_name.toLowerCase(), masking: isKeras2 ? "all" : "any" };
  return { class_name: "KerasMerge", config: { ...merging, name }, name, inbound_nodes: calls };
}

/** Layers of which Keras's versions make other masks. */
const MERGING: ReadonlySet<string> = new Set(
  MERGING_OPERATIONS.map((name) => `${name[0]?.toUpperCase()}${name.slice(1)}`),
);

/** Whether a layer makes masks, of a model within the model too. */
function hasMasks(layers: readonly Pick<KerasLayer, "class_name" | "config">[]): boolean {
  return layers.some(({ class_name, config }) => {
    if (class_name === "Masking" || (class_name === "Embedding" && config.mask_zero === true)) return true;
    const inner = MODELS.includes(class_name) ? z.array(layerSchema).safeParse(config.layers).data : undefined;
    return inner !== undefined && hasMasks(inner);
  });
}
