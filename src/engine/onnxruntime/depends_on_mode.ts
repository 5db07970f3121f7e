import type { LayerSpec } from "../../onnx/specs/layer_spec.ts";

/** Whether a layer computes something else in training. */
export function dependsOnMode(layer: LayerSpec): boolean {
  switch (layer.kind) {
    case "batchNormalization":
    case "gaussianSampling":
      return true;
    case "dropout":
    case "alphaDropout":
      return layer.rate > 0;
    case "gaussianNoise":
      return layer.deviation > 0;
    default:
      return false;
  }
}
