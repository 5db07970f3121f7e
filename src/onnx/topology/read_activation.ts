import { z } from "zod";
import type { ActivationSpec } from "../specs/activation_spec.ts";
import { readSetting, UnsupportedLayerError } from "./read_setting.ts";
import type { LayerJson } from "./topology_schema.ts";

/** Where an activation stands among a layer's settings, and what it is where nothing stands there. */
interface ActivationPlace {
  readonly key?: string;
  readonly fallback?: string;
}

/** The activation that a layer ends with, or is. @throws {UnsupportedLayerError} If it has no converter. */
export function readActivation(layer: LayerJson, place: ActivationPlace = {}): ActivationSpec {
  const { key = "activation", fallback = "linear" } = place;
  const name = readSetting(layer, key, z.string().nullish()) ?? fallback;
  switch (name) {
    case "linear":
    case "selu":
    case "sigmoid":
    case "tanh":
    case "softplus":
    case "softsign":
    case "swish":
    case "mish":
    case "gelu":
    case "relu":
      return { kind: name };
    case "relu6":
      return { kind: "relu", maxValue: 6 };
    case "elu":
      return { kind: "elu", alpha: 1 };
    case "hardSigmoid":
    case "hard_sigmoid":
      return { kind: "hardSigmoid" };
    case "gelu_new":
      return { kind: "geluTanh" };
    case "logSoftmax":
    case "log_softmax":
      return { kind: "logSoftmax", axis: -1 };
    case "softmax":
      return { kind: "softmax", axis: -1 };
    default:
      throw new UnsupportedLayerError(layer, `the activation ${JSON.stringify(name)} has no converter`);
  }
}
