import { elementAt } from "../core/element_at.ts";
import { needs, RangeRefusal, TypeRefusal } from "../core/errors/errors.ts";
import type { ModelTopology } from "../engine/model_topology.ts";
import { listFrozenLayers } from "../engine/tfjs/frozen_layers.ts";
import { type Layer, listWeightOwners } from "../engine/tfjs/model_layers.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";

type Settings = Readonly<Record<string, unknown>>;

/**
 * A model's layers and how they are connected, without its weights. What TF.js 4.22 leaves out of its JSON is put back:
 * that the model, or one within it, is frozen as a whole (its layers say so here), and the depth multiplier of a
 * separable convolution.
 * @throws {RangeError} If a model within it is called on what does not fit it.
 */
export function takeTopology(model: tf.LayersModel): ModelTopology {
  assertCallsFit(model);
  const json: unknown = model.toJSON(undefined, false);
  if (isRecord(json) && typeof json.class_name === "string" && "config" in json) {
    return { class_name: json.class_name, config: completeConfig(json.config, listMissingSettings(model)) };
  }
  throw new TypeRefusal(needs("the model", "an object with class_name and config", json));
}

/** TF.js lets a model be called on what does not fit it; made anew from JSON, that gets weights of other shapes. */
function assertCallsFit(model: tf.LayersModel): void {
  for (const inner of model.layers) {
    if (!(inner instanceof tf.LayersModel)) continue;
    for (const { inputTensors } of inner.inboundNodes) {
      for (const [i, { shape }] of inputTensors.entries())
        assertInputFits(inner, elementAt(inner.inputs, i).shape, shape);
    }
    assertCallsFit(inner);
  }
}

function assertInputFits({ name }: tf.LayersModel, wanted: tf.Shape, given: tf.Shape): void {
  const fits = (length: number | null, i: number) => length === null || given[i] === null || length === given[i];
  if (wanted.length === given.length && wanted.every(fits)) return;
  const [shape, other] = [wanted, given].map((lengths) => `[${lengths.map((length) => length ?? "N").join(", ")}]`);
  throw new RangeRefusal(needs(`the model "${name}"`, `an input ${shape}`, other));
}

/** By layer name. */
function listMissingSettings(model: tf.LayersModel): ReadonlyMap<string, Settings> {
  const frozen = listFrozenLayers(model);
  const describe = (layer: Layer): Settings => ({
    ...(frozen.has(layer) ? { trainable: false } : {}),
    ...(layer.getClassName() === "SeparableConv2D" ? { depth_multiplier: Reflect.get(layer, "depthMultiplier") } : {}),
  });
  return new Map(listWeightOwners(model).map((layer) => [layer.name, describe(layer)]));
}

/** The settings of a model, or of one of its layers, with what is missing. */
function completeConfig(config: unknown, missing: ReadonlyMap<string, Settings>): unknown {
  if (!isRecord(config)) return config;
  const { layers } = config;
  if (!Array.isArray(layers)) return addSettings(config, missing.get(String(config.name)) ?? {});
  return { ...config, layers: layers.map((layer) => mapConfig(layer, (own) => completeConfig(own, missing))) };
}

/** TimeDistributed is frozen if what it wraps is, whatever it says itself. */
function addSettings(config: Settings, added: Settings): Settings {
  if (added.trainable !== false || !isRecord(config.layer)) return { ...config, ...added };
  return { ...config, ...added, layer: mapConfig(config.layer, (inner) => ({ ...Object(inner), trainable: false })) };
}

function mapConfig(layer: unknown, change: (config: unknown) => unknown): unknown {
  return isRecord(layer) ? { ...layer, config: change(layer.config) } : layer;
}

function isRecord(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
