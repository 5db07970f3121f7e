import { elementAt } from "../core/element_at.ts";
import { resolveOptions } from "../core/options/option_schema.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";
import { buildImageModel, callLayers, createConvolution, createDense } from "./image_model.ts";
import { IMAGE_MODEL_OPTIONS, type ImageModelOptions } from "./options.ts";

/**
 * LeNet-5: 5×5 convolutions of 6 and 16 filters, each with tanh and a 2×2 average pool, a convolution of 120 filters
 * over all that is left, a dense layer of 84 units, the classifier. 61,706 parameters for [32, 32, 1] and 10 classes.
 * Layers are called conv0 … conv2, pool0, pool1, flatten, fc0, classifier. The caller owns the model. LeCun et al.
 * 1998, "Gradient-based learning applied to document recognition", with today's plain pools and connections.
 * @throws {RangeError} If an option is out of its range.
 * @example
 * const model = lenet5({ numClasses: 10, inputShape: [28, 28, 1] });
 */
export function lenet5(options: ImageModelOptions = {}): tf.LayersModel {
  return buildImageModel({
    name: "lenet5",
    builder: "lenet5",
    options: resolveOptions("lenet5", options, IMAGE_MODEL_OPTIONS),
    smallest: 16,
    addFeatures: (input) => {
      const maps = callLayers(input, [
        createConvolution({ name: "conv0", filters: 6, kernelSize: 5, activation: "tanh" }),
        tf.layers.averagePooling2d({ name: "pool0", poolSize: 2 }),
        createConvolution({ name: "conv1", filters: 16, kernelSize: 5, activation: "tanh" }),
        tf.layers.averagePooling2d({ name: "pool1", poolSize: 2 }),
      ]);
      const [height, width] = [Number(elementAt(maps.shape, 1)), Number(elementAt(maps.shape, 2))];
      return callLayers(maps, [
        createConvolution({ name: "conv2", filters: 120, kernelSize: [height, width], activation: "tanh" }),
        tf.layers.flatten({ name: "flatten" }),
        createDense({ name: "fc0", units: 84, activation: "tanh" }),
      ]);
    },
  });
}
