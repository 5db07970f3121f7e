import { z } from "zod";
import { cannot, TypeRefusal } from "../../core/errors.ts";
import type { ActivationSpec } from "../specs/activation_spec.ts";
import type { LayerSpec } from "../specs/layer_spec.ts";
import { parseProgressiveNetwork } from "../specs/progressive_network_spec.ts";
import { parseNoiseLayer } from "./parse_noise_layer.ts";
import { parseRecurrentLayer } from "./parse_recurrent_layer.ts";
import { parseSequenceLayer } from "./parse_sequence_layer.ts";
import { isWindowLayerClass, parseWindowLayer } from "./parse_window_layer.ts";
import { readActivation } from "./read_activation.ts";
import { assertUnrestricted, readInnerLayer, readNumber, readSetting, UnsupportedLayerError } from "./read_setting.ts";
import type { LayerJson } from "./topology_schema.ts";

/** What a call adds to its layer's JSON. */
export interface CallPlace {
  /** The call's own name. */
  readonly name: string;
  readonly inputs: readonly string[];
  /** How many random layers stand before this layer in the model. */
  readonly randomIndex: number;
}

/**
 * One call of a layer from tfjs' JSON.
 * @throws {UnsupportedLayerError} If the layer, or one of its settings, has no converter.
 * @throws {TypeError} If a setting is missing or of the wrong kind.
 */
export function parseLayer(layer: LayerJson, place: CallPlace): LayerSpec {
  assertUnrestricted(layer);
  const call = { name: place.name, inputs: place.inputs };
  if (isWindowLayerClass(layer.class_name)) return parseWindowLayer(layer.class_name, layer, call);
  switch (layer.class_name) {
    case "InputLayer":
      return { ...call, kind: "input", sampleShape: readSampleShape(layer) };
    case "Dense":
      return {
        ...call,
        kind: "dense",
        layer: layer.config.name,
        units: readSetting(layer, "units", z.number().int().positive()),
        useBias: readSetting(layer, "use_bias", z.boolean().default(true)),
        activation: readActivation(layer),
      };
    case "TimeDistributed":
      return parseDistributed(layer, place);
    case "Activation":
      return { ...call, kind: "activation", activation: readActivation(layer) };
    case "ReLU":
      return { ...call, kind: "activation", activation: readRelu(layer) };
    case "LeakyReLU":
      return { ...call, kind: "activation", activation: { kind: "leakyRelu", alpha: readNumber(layer, "alpha", 0.3) } };
    case "ELU":
      return { ...call, kind: "activation", activation: { kind: "elu", alpha: readNumber(layer, "alpha", 1) } };
    case "Softmax":
      return { ...call, kind: "activation", activation: { kind: "softmax", axis: readNumber(layer, "axis", -1) } };
    case "Dropout":
    case "SpatialDropout1D":
    case "GaussianNoise":
    case "GaussianSampling":
    case "GaussianDropout":
    case "AlphaDropout":
      return { ...call, ...parseNoiseLayer(layer), layerIndex: place.randomIndex };
    case "Flatten":
      if (layer.config.data_format === "channelsFirst" || layer.config.data_format === "channels_first") {
        throw new UnsupportedLayerError(layer, "its data format is channels first");
      }
      return { ...call, kind: "flatten" };
    case "Reshape":
      return {
        ...call,
        kind: "reshape",
        sampleShape: readSetting(layer, "target_shape", z.array(z.number().int().nullable())).map(
          (length) => length ?? -1,
        ),
      };
    case "Add":
      return { ...call, kind: "merge", operation: "add" };
    case "Subtract":
      return { ...call, kind: "merge", operation: "subtract" };
    case "Multiply":
      return { ...call, kind: "merge", operation: "multiply" };
    case "Average":
      return { ...call, kind: "merge", operation: "average" };
    case "Maximum":
      return { ...call, kind: "merge", operation: "maximum" };
    case "Minimum":
      return { ...call, kind: "merge", operation: "minimum" };
    case "IncrementalClassifier":
      return {
        ...call,
        ...readMasking(layer),
        kind: "incrementalClassifier",
        units: readSetting(layer, "units", z.number().int().positive()),
      };
    case "MultiHeadClassifier":
      return {
        ...call,
        ...readMasking(layer),
        kind: "multiHeadClassifier",
        sharesTask: false,
        headUnits: readSetting(layer, "head_units", z.array(z.number().int().min(0)).min(1)),
      };
    case "ProgressiveNetwork":
      return parseProgressiveNetwork(layer, call);
    case "Concatenate":
      return { ...call, kind: "concatenate", axis: readNumber(layer, "axis", -1) };
    default: {
      const parsed = parseSequenceLayer(layer, call) ?? parseRecurrentLayer(layer, call);
      if (parsed) return parsed;
      throw new UnsupportedLayerError(layer, "this class has no converter");
    }
  }
}

/** What an inner layer does to the last axis it does at all times at once; its parameters bear the wrapper's name. */
function parseDistributed(layer: LayerJson, place: CallPlace): LayerSpec {
  const inner = readInnerLayer(layer, "layer");
  if (inner.class_name !== "Dense" && inner.class_name !== "Activation") {
    throw new UnsupportedLayerError(layer, `it distributes a layer of class ${inner.class_name} over time`);
  }
  return parseLayer({ ...inner, config: { ...inner.config, name: layer.config.name } }, place);
}

/**
 * The sample shape that a first layer or an input layer states.
 * @throws {TypeError} If there is none.
 * @throws {UnsupportedLayerError} If it leaves a length open.
 */
export function readSampleShape(layer: LayerJson): number[] {
  const shape = layer.config.batch_input_shape;
  if (!shape) {
    throw new TypeRefusal(cannot(`read layer "${layer.config.name}"`, "a first layer with an inputShape", shape));
  }
  return shape.slice(1).map((length) => {
    if (length !== null) return length;
    throw new UnsupportedLayerError(
      layer,
      `its input shape [${shape.map((other) => other ?? "unknown").join(", ")}] is open`,
    );
  });
}

function readRelu(layer: LayerJson): ActivationSpec {
  const maxValue = readSetting(layer, "max_value", z.number().nullish());
  return typeof maxValue === "number" ? { kind: "relu", maxValue } : { kind: "relu" };
}

function readMasking(layer: LayerJson) {
  return {
    layer: layer.config.name,
    masking: readSetting(layer, "masking", z.boolean().default(true)),
    maskValue: readNumber(layer, "mask_value", -1000),
  };
}
