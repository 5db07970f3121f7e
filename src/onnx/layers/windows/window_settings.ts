import type { WindowSettings } from "../../ops/windowing.ts";
import type { LayerJson } from "../../topology/topology_schema.ts";
import { readChoice, readIntegers, UnsupportedLayerError } from "../read_setting.ts";

/**
 * The window of a convolution or a pool. TF.js may write one number for all axes of strides and dilations.
 * @throws {UnsupportedLayerError} If it is causal: TF.js counts its places wrongly, and computes none.
 */
export function readWindowSettings(layer: LayerJson, size: "kernel_size" | "pool_size"): WindowSettings {
  if (layer.config.padding === "causal") {
    throw new UnsupportedLayerError(layer, "it is causal, which TF.js does not compute", { byTfjs: false });
  }
  const kernel = readIntegers(layer, size, { minimum: 1 });
  const perAxis = { minimum: 1, count: kernel.length, fallback: kernel.map(() => 1), repeats: true };
  return {
    kernel,
    strides: readIntegers(layer, "strides", perAxis),
    dilations: readIntegers(layer, "dilation_rate", perAxis),
    padding: readChoice(layer, "padding", ["same", "valid"], "valid"),
  };
}
