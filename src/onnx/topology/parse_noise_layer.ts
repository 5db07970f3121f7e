import { z } from "zod";
import { deviationOfRate } from "../specs/noise.ts";
import type {
  AlphaDropoutSpec,
  DropoutSpec,
  GaussianNoiseSpec,
  GaussianSamplingSpec,
} from "../specs/noise_layer_spec.ts";
import { readRate, readSetting, UnsupportedLayerError } from "./read_setting.ts";
import type { LayerJson } from "./topology_schema.ts";

/** What a random layer's own settings say of it; where it stands is for the caller to add. */
type NoiseSettings = Own<DropoutSpec> | Own<GaussianNoiseSpec> | Own<GaussianSamplingSpec> | Own<AlphaDropoutSpec>;
type Own<Spec> = Omit<Spec, "name" | "inputs" | "layerIndex">;

/**
 * The settings of a layer that draws random numbers.
 * @throws {UnsupportedLayerError} If it has a noise shape, or is no such layer.
 * @throws {TypeError} If a setting is missing or out of range.
 */
export function parseNoiseLayer(layer: LayerJson): NoiseSettings {
  if (layer.config.noise_shape) throw new UnsupportedLayerError(layer, "it has a noise shape", { byTfjs: false });
  switch (layer.class_name) {
    case "Dropout":
      return { kind: "dropout", rate: readRate(layer), isSpatial: false };
    case "SpatialDropout1D":
      return { kind: "dropout", rate: readRate(layer), isSpatial: true };
    case "GaussianNoise":
      return { kind: "gaussianNoise", operation: "add", deviation: readSetting(layer, "stddev", z.number().min(0)) };
    case "GaussianDropout":
      return { kind: "gaussianNoise", operation: "multiply", deviation: deviationOfRate(readRate(layer)) };
    case "GaussianSampling":
      return { kind: "gaussianSampling" };
    case "AlphaDropout":
      return { kind: "alphaDropout", rate: readRate(layer) };
    default:
      throw new UnsupportedLayerError(layer, "this class has no converter");
  }
}
