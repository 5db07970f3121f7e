import { z } from "zod";
import { readNumber, readSetting } from "../topology/read_setting.ts";
import type { LayerJson } from "../topology/topology_schema.ts";
import type { LayerCall } from "./layer_call.ts";
import type { ProgressiveSettings, ProgressiveWidth } from "./progressive_columns.ts";

/** A progressive network as one layer; its second input are the task labels [N]. */
export interface ProgressiveNetworkSpec extends LayerCall, ProgressiveSettings, ProgressiveWidth {
  readonly kind: "progressiveNetwork";
  /** The layer that owns the tensors: `${layer}/c0/l0/kernel` … and `${layer}/active`. */
  readonly layer: string;
  /** What units answer whose class their column was not trained on. */
  readonly maskValue: number;
}

/**
 * A call of a progressive network from tfjs' JSON. @throws {TypeError} If a setting is missing or of the wrong kind.
 */
export function parseProgressiveNetwork(layer: LayerJson, call: LayerCall): ProgressiveNetworkSpec {
  const positive = z.number().int().positive();
  return {
    ...call,
    kind: "progressiveNetwork",
    layer: layer.config.name,
    hiddenLayers: readSetting(layer, "hidden_layers", positive),
    hiddenSize: readSetting(layer, "hidden_size", positive),
    adapter: readSetting(layer, "adapter", z.enum(["linear", "mlp"])),
    laterals: readSetting(layer, "laterals", z.enum(["hidden", "input"])),
    units: readSetting(layer, "units", positive),
    tasks: readSetting(layer, "tasks", z.array(z.number().int().min(0))),
    maskValue: readNumber(layer, "mask_value", -1000),
  };
}
