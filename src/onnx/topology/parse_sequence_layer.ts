import { z } from "zod";
import type { LayerCall } from "../specs/layer_call.ts";
import type { LayerSpec } from "../specs/layer_spec.ts";
import { readNumber, readSetting, UnsupportedLayerError } from "./read_setting.ts";
import type { LayerJson } from "./topology_schema.ts";

/**
 * A call of a layer that normalises, looks up, reorders or repeats; undefined for a layer of another kind.
 * @throws {UnsupportedLayerError} If one of its settings has no converter.
 * @throws {TypeError} If a setting is missing or of the wrong kind.
 */
export function parseSequenceLayer(layer: LayerJson, call: LayerCall): LayerSpec | undefined {
  const owner = layer.config.name;
  switch (layer.class_name) {
    case "BatchNormalization":
      return {
        ...call,
        ...readNormalization(layer),
        kind: "batchNormalization",
        axis: readNumber(layer, "axis", -1),
        momentum: readSetting(layer, "momentum", z.number().min(0).max(1).default(0.99)),
      };
    case "LayerNormalization":
      return { ...call, ...readNormalization(layer), kind: "layerNormalization", axes: readAxes(layer, "axis", [-1]) };
    case "Embedding":
      if (layer.config.mask_zero) throw new UnsupportedLayerError(layer, "it masks the id 0");
      return {
        ...call,
        kind: "embedding",
        layer: owner,
        size: readSetting(layer, "input_dim", z.number().int().positive()),
        units: readSetting(layer, "output_dim", z.number().int().positive()),
      };
    case "Permute":
      return {
        ...call,
        kind: "permute",
        order: readSetting(layer, "dims", z.array(z.number().int().positive()).min(1)),
      };
    case "RepeatVector":
      return { ...call, kind: "repeatVector", times: readSetting(layer, "n", z.number().int().positive()) };
    case "Rescaling":
      return {
        ...call,
        kind: "rescaling",
        scale: readNumber(layer, "scale", 1),
        offset: readNumber(layer, "offset", 0),
      };
    case "PReLU":
      return { ...call, kind: "learnedRelu", layer: owner, sharedAxes: readAxes(layer, "shared_axes", []) };
    case "ThresholdedReLU":
      return {
        ...call,
        kind: "activation",
        activation: { kind: "thresholdedRelu", threshold: readNumber(layer, "theta", 1) },
      };
    case "Dot": {
      const axes = readAxes(layer, "axes", [-1]);
      const isNormalized = readSetting(layer, "normalize", z.boolean().default(false));
      return { ...call, kind: "dot", axes: [axes[0] ?? -1, axes.at(-1) ?? -1], isNormalized };
    }
    default:
      return undefined;
  }
}

/** One axis or several. */
function readAxes(layer: LayerJson, key: string, fallback: readonly number[]): readonly number[] {
  const axis = z.number().int();
  const axes = readSetting(layer, key, z.union([axis, z.array(axis)]).nullish()) ?? fallback;
  return typeof axes === "number" ? [axes] : axes;
}

function readNormalization(layer: LayerJson) {
  return {
    layer: layer.config.name,
    epsilon: readSetting(layer, "epsilon", z.number().positive().default(1e-3)),
    center: readSetting(layer, "center", z.boolean().default(true)),
    scale: readSetting(layer, "scale", z.boolean().default(true)),
  };
}
