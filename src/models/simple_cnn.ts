import { resolveOptions } from "../core/options/option_schema.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";
import { buildImageModel, callLayers, createConvolution } from "./image_model.ts";
import { SIMPLE_CNN_OPTIONS, type SimpleCNNOptions } from "./options.ts";

/**
 * A small convolutional network: two blocks of 3×3 convolution (padded), 3×3 convolution, 2×2 max pool and dropout, 32
 * and then 64 filters wide, then a 1×1 convolution, a global max pool, dropout and the classifier; ReLU after each
 * convolution. Avalanche's SimpleCNN (Lomonaco et al. 2021, arXiv:2104.00405): 70,378 parameters for [32, 32, 3] and 10
 * classes, PyTorch's initialisation. Layers are called conv0 … conv4, pool0, pool1, drop0 … drop2, global_pool,
 * classifier. With `multiHead` it is MTSimpleCNN. The caller owns the model.
 * @throws {RangeError} If an option is out of its range.
 * @example
 * const model = simpleCNN({ numClasses: 20, inputShape: [32, 32, 3] });
 */
export function simpleCNN(options: SimpleCNNOptions = {}): tf.LayersModel {
  const { dropRate, ...others } = resolveOptions("simpleCNN", options, SIMPLE_CNN_OPTIONS);
  return buildImageModel({
    name: "simple_cnn",
    builder: "simpleCNN",
    options: others,
    smallest: 12,
    addFeatures: (input) =>
      callLayers(input, [
        ...createBlock(0, 32, dropRate),
        ...createBlock(1, 64, dropRate),
        createConvolution({ name: "conv4", filters: 64, kernelSize: 1, activation: "relu" }),
        tf.layers.globalMaxPooling2d({ name: "global_pool" }),
        tf.layers.dropout({ name: "drop2", rate: dropRate }),
      ]),
  });
}

function createBlock(index: number, filters: number, rate: number): tf.layers.Layer[] {
  const shared = { filters, kernelSize: 3, activation: "relu" } as const;
  return [
    createConvolution({ name: `conv${2 * index}`, padding: "same", ...shared }),
    createConvolution({ name: `conv${2 * index + 1}`, padding: "valid", ...shared }),
    tf.layers.maxPooling2d({ name: `pool${index}`, poolSize: 2 }),
    tf.layers.dropout({ name: `drop${index}`, rate }),
  ];
}
