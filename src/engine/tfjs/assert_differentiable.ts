import type * as tf from "@tensorflow/tfjs";
import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type Layer, listLayers } from "./model_layers.ts";

/**
 * Refuses layers that the other engine trains and TF.js 4.22 does not: it has no gradient of dilated convolutions (a
 * depthwise one it computes without its dilation), and a wrong one of transposed convolutions that leave gaps at the
 * edge. Networks from ONNX files are none of its own.
 * @throws {RangeError} If there is one; the message names it.
 */
export function assertDifferentiable(model: tf.LayersModel): void {
  for (const layer of listLayers(model)) {
    const what = `layer "${layer.name}" in TF.js`;
    if (layer.getClassName() === "ImportedNetwork") {
      throw new RangeRefusal(needs(what, "no network from an ONNX file (--engine onnxruntime trains it)", layer.name));
    }
    const { dilationRate, kernelSize, strides, padding } = layer.getConfig();
    if (hasKernel(layer) && listNumbers(dilationRate).some((rate) => rate > 1)) {
      throw new RangeRefusal(needs(what, "no dilation (--engine onnxruntime trains it)", listNumbers(dilationRate)));
    }
    if (layer.getClassName() !== "Conv2DTranspose" || padding !== "same") continue;
    const sizes = listNumbers(kernelSize);
    if (listNumbers(strides).some((stride, axis) => elementAt(sizes, axis) > 1 && stride > elementAt(sizes, axis))) {
      const wanted = 'strides within the kernel where padding is "same" (--engine onnxruntime trains it)';
      throw new RangeRefusal(needs(what, wanted, listNumbers(strides)));
    }
  }
}

function hasKernel(layer: Layer): boolean {
  return ["Conv1D", "Conv2D", "SeparableConv2D", "DepthwiseConv2D"].includes(layer.getClassName());
}

function listNumbers(value: unknown): number[] {
  return [value ?? []].flat().map(Number);
}
