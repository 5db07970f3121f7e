import { resolveOptions } from "../core/options/option_schema.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";
import { callLayer } from "./growth/growing_classifier.ts";
import { buildImageModel, callLayers, createConvolution } from "./image_model.ts";
import { IMAGE_MODEL_OPTIONS, type ImageModelOptions } from "./options.ts";

/** Filters of each stage, as multiples of the first one's; every stage but the first halves height and width. */
const WIDTHS = [1, 2, 4, 8];
/** Filters of the first stage. */
const BASE = 20;

/**
 * A ResNet-18 of a third of the usual width: a 3×3 convolution of 20 filters, then four stages of two residual blocks,
 * 20, 40, 80 and 160 filters wide, with batch normalisation throughout, a global average pool and the classifier.
 * 1,094,750 trainable parameters for [32, 32, 3] and 10 classes, PyTorch's initialisation, momentum and epsilon of the
 * normalisation. Strided convolutions are padded evenly, as PyTorch's are. Layers are called stem_conv, stem_norm,
 * stem_relu, stage0_block0_conv0 … stage3_block1_relu1, global_pool, classifier. The caller owns the model. Lopez-Paz
 * and Ranzato 2017, Gradient Episodic Memory, arXiv:1706.08840; He et al. 2016, arXiv:1512.03385. Avalanche's
 * SlimResNet18; with `multiHead` it is MTSlimResNet18.
 * @throws {RangeError} If an option is out of its range.
 * @example
 * const model = slimResNet18({ numClasses: 100 });
 */
export function slimResNet18(options: ImageModelOptions = {}): tf.LayersModel {
  return buildImageModel({
    name: "slim_resnet18",
    builder: "slimResNet18",
    options: resolveOptions("slimResNet18", options, IMAGE_MODEL_OPTIONS),
    smallest: 8,
    addFeatures: (input) => {
      let x = callLayers(input, [
        ...createNormalizedConvolution("stem", { filters: BASE, kernelSize: 3, stride: 1 }),
        createRelu("stem_relu"),
      ]);
      for (const [stage, width] of WIDTHS.entries()) {
        const filters = BASE * width;
        x = addBlock(`stage${stage}_block0`, x, { filters, stride: stage === 0 ? 1 : 2 });
        x = addBlock(`stage${stage}_block1`, x, { filters, stride: 1 });
      }
      return callLayer(x, tf.layers.globalAveragePooling2d({ name: "global_pool" }));
    },
  });
}

/** relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)); the shortcut is 1×1 and normalised where the shape changes. */
function addBlock(
  name: string,
  x: tf.SymbolicTensor,
  { filters, stride }: { filters: number; stride: number },
): tf.SymbolicTensor {
  const body = callLayers(x, [
    ...createNormalizedConvolution(name, { filters, kernelSize: 3, stride, index: 0 }),
    createRelu(`${name}_relu0`),
    ...createNormalizedConvolution(name, { filters, kernelSize: 3, stride: 1, index: 1 }),
  ]);
  const keepsShape = stride === 1 && x.shape.at(-1) === filters;
  const shortcut = keepsShape
    ? x
    : callLayers(x, createNormalizedConvolution(`${name}_shortcut`, { filters, kernelSize: 1, stride }));
  return callLayers(callAdd(`${name}_add`, [body, shortcut]), [createRelu(`${name}_relu1`)]);
}

interface NormalizedConvolution {
  readonly filters: number;
  readonly kernelSize: number;
  readonly stride: number;
  /** Ends the layers' names where a block has several. */
  readonly index?: number;
}

function createNormalizedConvolution(
  prefix: string,
  { filters, kernelSize, stride, index }: NormalizedConvolution,
): tf.layers.Layer[] {
  const suffix = index ?? "";
  // "same" would put the odd pixel of a strided convolution behind; PyTorch puts one before and one behind.
  const isPadded = kernelSize > 1 && stride > 1;
  const padding = isPadded || kernelSize === 1 ? "valid" : "same";
  return [
    ...(isPadded ? [tf.layers.zeroPadding2d({ name: `${prefix}_pad${suffix}`, padding: 1 })] : []),
    createConvolution({
      name: `${prefix}_conv${suffix}`,
      filters,
      kernelSize,
      strides: stride,
      padding,
      useBias: false,
    }),
    tf.layers.batchNormalization({ name: `${prefix}_norm${suffix}`, momentum: 0.9, epsilon: 1e-5 }),
  ];
}

function createRelu(name: string): tf.layers.Layer {
  return tf.layers.activation({ name, activation: "relu" });
}

function callAdd(name: string, inputs: tf.SymbolicTensor[]): tf.SymbolicTensor {
  return callLayer(inputs, tf.layers.add({ name }));
}
