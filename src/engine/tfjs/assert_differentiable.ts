import type * as tf from "@tensorflow/tfjs";
import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type Layer, listLayers } from "./model_layers.ts";

/**
 * Refuses layers that the other engine trains and TF.js 4.22 does not: it has no gradient of dilated convolutions (a
 * depthwise one it computes without its dilation), a wrong one of transposed convolutions that leave gaps at the
 * edge and of pools of volumes, none of transposed convolutions of volumes, and pads volumes wrongly where there are
 * strides. Networks from ONNX files are none of its own.
 * @throws {RangeError} If there is one; the message names it.
 */
export function assertDifferentiable(model: tf.LayersModel): void {
  for (const layer of listLayers(model)) {
    const what = `layer "${layer.name}" in TF.js`;
    if (layer.getClassName() === "ImportedNetwork") {
      throw new RangeRefusal(
        `layer "${layer.name}" is a network from an ONNX file, which --engine onnxruntime alone trains`,
      );
    }
    const { dilationRate, kernelSize, strides, padding } = layer.getConfig();
    if (hasKernel(layer) && listNumbers(dilationRate).some((rate) => rate > 1)) {
      throw new RangeRefusal(needs(what, "no dilation (--engine onnxruntime trains it)", listNumbers(dilationRate)));
    }
    const volumes = findFaultOfVolumes(layer);
    if (volumes !== undefined)
      throw new RangeRefusal(needs(what, `${volumes} (--engine onnxruntime trains it)`, padding));
    if (layer.getClassName() !== "Conv2DTranspose" || padding !== "same") continue;
    const sizes = listNumbers(kernelSize);
    if (listNumbers(strides).some((stride, axis) => elementAt(sizes, axis) > 1 && stride > elementAt(sizes, axis))) {
      const wanted = 'strides within the kernel where padding is "same" (--engine onnxruntime trains it)';
      throw new RangeRefusal(needs(what, wanted, listNumbers(strides)));
    }
  }
}

/** What TF.js computes of layers on volumes [N, D, H, W, C], in words, where this one is none of that. */
function findFaultOfVolumes(layer: Layer): string | undefined {
  const { padding, strides } = layer.getConfig();
  const isPadded = padding === "same";
  switch (layer.getClassName()) {
    case "MaxPooling3D":
      return "no largest values of volumes";
    case "AveragePooling3D":
      return isPadded ? "volumes without padding" : undefined;
    case "Conv3DTranspose":
      return "no transposed convolution of volumes";
    case "Conv3D":
      return isPadded && listNumbers(strides).some((stride) => stride > 1) ? "strides without padding" : undefined;
    default:
      return undefined;
  }
}

function hasKernel(layer: Layer): boolean {
  return /^(Conv[123]D|(Separable|Depthwise)Conv[12]D)$/.test(layer.getClassName());
}

function listNumbers(value: unknown): number[] {
  return [value ?? []].flat().map(Number);
}
