import { elementAt } from "../core/element_at.ts";
import type { RandomStream } from "../core/random_stream.ts";
import { type Layer, listLayers } from "../engine/tfjs/model_layers.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";

/** Layers with a kernel […, in, units] and a bias, followed by weights that are not drawn. */
const GROWING_HEADS = new Set(["IncrementalClassifier", "MultiHeadClassifier"]);

/** Layers whose kernel's last axis but one counts the values that one output is made of, next to the window. */
const DENSE_OR_CONVOLUTION = new Set(["Dense", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose"]);

/**
 * Draws a built model's weights anew as PyTorch's layers do by default: kernels and biases of dense and convolutional
 * layers and of growing heads from U(−1/√fanIn, 1/√fanIn), embeddings from N(0, 1). Other layers keep their weights.
 * Draws go layer by layer in model order, the kernel before the bias.
 * fanIn is the number of inputs of one output: He et al. 2015 (arXiv:1502.01852) with a = √5, as in torch.nn.Linear.
 */
export function initializeLikePyTorch(model: tf.LayersModel, stream: RandomStream): void {
  for (const layer of listLayers(model)) drawLikePyTorch(layer, stream);
}

/** `initializeLikePyTorch` for one built layer. */
export function drawLikePyTorch(layer: Layer, stream: RandomStream): void {
  const bound = 1 / Math.sqrt(countInputs(layer));
  if (layer.getClassName() === "Embedding") fillWeights(layer, () => stream.normal());
  else if (bound > 0 && bound < Infinity) fillWeights(layer, () => (2 * stream.uniform() - 1) * bound);
}

/**
 * Draws a built model's weights anew as Keras does by default: kernels of dense and convolutional layers and
 * of growing heads from U(−b, b) with b = √(6/(fanIn + fanOut)), biases 0. Other layers keep their weights.
 * Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
 */
export function initializeLikeKeras(model: tf.LayersModel, stream: RandomStream): void {
  for (const layer of listLayers(model)) drawLikeKeras(layer, stream);
}

/** `initializeLikeKeras` for one built layer. */
export function drawLikeKeras(layer: Layer, stream: RandomStream): void {
  if (countInputs(layer) === 0) return;
  const shape = kernelShape(layer);
  // Several heads have units of their own, where the places of a window share theirs.
  const window = GROWING_HEADS.has(layer.getClassName()) ? 1 : shape.slice(0, -2).reduce(multiply, 1);
  const ends = shape.slice(-2).reduce((sum, length) => sum + length, 0);
  const bound = Math.sqrt(6 / (window * ends));
  fillWeights(layer, (index) => (index > 0 ? 0 : (2 * stream.uniform() - 1) * bound));
}

/** How many inputs one output has: in [window…, in, out] the product of all but the last axis; 0 for other layers. */
function countInputs(layer: Layer): number {
  const className = layer.getClassName();
  const shape = kernelShape(layer);
  if (DENSE_OR_CONVOLUTION.has(className)) return shape.slice(0, -1).reduce(multiply, 1);
  if (GROWING_HEADS.has(className)) return elementAt(shape, shape.length - 2);
  // Depthwise kernels are [window…, in, multiplier], and each output sees one channel.
  if (className === "DepthwiseConv1D" || className === "DepthwiseConv2D") return shape.slice(0, -2).reduce(multiply, 1);
  return 0;
}

function kernelShape(layer: Layer): readonly number[] {
  return layer.weights[0]?.read().shape ?? [];
}

function multiply(a: number, b: number): number {
  return a * b;
}

/** Replaces the weights of a layer, element by element; `draw` gets the weight's place: 0 for the kernel. */
function fillWeights(layer: Layer, draw: (index: number) => number): void {
  const drawn = GROWING_HEADS.has(layer.getClassName()) ? layer.weights.slice(0, 2) : layer.weights;
  for (const [index, weight] of drawn.entries()) {
    const { shape, size } = weight.read();
    const values = new Float32Array(size);
    for (let i = 0; i < size; i++) values[i] = draw(index);
    const tensor = tf.tensor(values, shape, "float32");
    weight.write(tensor);
    tensor.dispose();
  }
}
