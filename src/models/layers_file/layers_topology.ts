import {
  describeCause,
  describeValue,
  needs,
  RangeRefusal,
  SyntaxRefusal,
  TypeRefusal,
} from "../../core/errors/errors.ts";
import type { ModelTopology } from "../../engine/model_topology.ts";
import { isModelJson, type LayerJson, layerSchema } from "../../onnx/topology/topology_schema.ts";
import { adaptSetting } from "./keras_settings.ts";

/** Settings of Keras that TF.js passes over without a word, and the values with which that changes nothing. */
const PASSED_OVER: Readonly<Record<string, readonly unknown[]>> = {
  groups: [1],
  keepdims: [false],
  renorm: [false],
  time_major: [false],
  rms_scaling: [false],
  output_padding: [undefined],
};

/** The same of ReLU alone. */
const PASSED_OVER_BY_RELU: typeof PASSED_OVER = { negative_slope: [0], threshold: [0] };

/**
 * The layers of a model.json: as TF.js writes them, or within `model_config` as the converter of Keras models does.
 * @param file What messages begin with.
 * @throws {RefusalError} If it is none of both, Keras 3's way of writing, or a layer has a setting that TF.js would
 *   pass over without a word.
 */
export function parseLayersTopology(written: unknown, file: string): ModelTopology {
  const whole = readRecord(written, file);
  const model = whole.model_config === undefined ? whole : readRecord(whole.model_config, file);
  const { class_name, config } = model;
  if (typeof class_name !== "string" || typeof config !== "object" || config === null) {
    throw new TypeRefusal(needs(`${file}: modelTopology`, "class_name and config", Object.keys(model)));
  }
  const topology = { class_name, config };
  assertLayersMeanTheSame(topology, file);
  return JSON.parse(JSON.stringify(topology), adaptSetting);
}

function readRecord(value: unknown, file: string): Readonly<Record<string, unknown>> {
  if (typeof value === "string") return readRecord(parseText(value, file), file);
  if (typeof value === "object" && value !== null) return { ...value };
  throw new TypeRefusal(needs(`${file}: modelTopology`, "an object", value));
}

function parseText(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxRefusal(`${file}: modelTopology is no JSON: ${describeCause(cause)}`, { cause });
  }
}

/**
 * Refuses settings that TF.js passes over without a word, and calls that it would wait for without end.
 * @throws {RangeRefusal} If a layer has one, takes what no layer gives, or is written in Keras 3's way.
 */
export function assertLayersMeanTheSame({ config }: ModelTopology, file: string): void {
  const given: unknown = Reflect.get(Object(config), "layers");
  const layers: readonly unknown[] = Array.isArray(given) ? given : [];
  const names = new Set(layers.map((layer) => Reflect.get(Object(Reflect.get(Object(layer), "config")), "name")));
  for (const layer of layers) {
    assertKeras2(layer, file);
    const read = layerSchema.safeParse(layer);
    if (!read.success) continue;
    const missing = read.data.inbound_nodes?.flat().find(([name]) => !names.has(name));
    if (missing) {
      throw new RangeRefusal(
        needs(`${file}: layer "${read.data.config.name}"`, "calls of the model's layers", missing[0]),
      );
    }
    if (isModelJson(read.data)) assertLayersMeanTheSame(read.data, file);
    else assertMeansTheSame(read.data, file);
  }
}

function assertMeansTheSame({ class_name, config }: LayerJson, file: string): void {
  const rules = class_name === "ReLU" ? { ...PASSED_OVER, ...PASSED_OVER_BY_RELU } : PASSED_OVER;
  for (const [key, neutral] of Object.entries(rules)) {
    const value = config[key] ?? neutral[0];
    // Groups of channels are what this layer is about.
    if (neutral.includes(value) || class_name === "GroupNormalization") continue;
    const what = `${file}: layer "${config.name}" of class ${class_name}`;
    throw new RangeRefusal(`${what}: ${key} is ${describeValue(value)}, which TF.js passes over (export it as ONNX)`);
  }
}

/** Keras 3 writes calls as objects, and the sizes of inputs as `batch_shape`. */
function assertKeras2(layer: unknown, file: string): void {
  const { inbound_nodes: calls, config } = Object(layer);
  const isOther =
    (Array.isArray(calls) && calls.some((call) => !Array.isArray(call))) || "batch_shape" in Object(config);
  if (!isOther) return;
  throw new RangeRefusal(
    `${file} is written by Keras 3, which TF.js does not read: save it by tf_keras (TF_USE_LEGACY_KERAS=1), or as ONNX`,
  );
}
