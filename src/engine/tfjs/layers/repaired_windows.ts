import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal, TypeRefusal } from "../../../core/errors/errors.ts";
import { createInterpolation } from "../../../onnx/ops/interpolation.ts";
import type { Layer } from "../model_layers.ts";
import * as tf from "../tensorflow.ts";
import { toShape4D } from "./shape_4d.ts";

/**
 * Makes a layer whose gradient TF.js 4.22 computes wrongly compute it by operations that have a right one: the mean of
 * padded windows, whose gradient counts the padding, up-sampling, whose gradient on cpu mixes up pixels, and the
 * largest of all values, whose gradient goes to each of several as if it were alone. Other layers are left alone.
 */
export function repairWindows(layer: Layer): void {
  const { padding, dataFormat, interpolation } = layer.getConfig();
  if (dataFormat === "channelsFirst") return;
  switch (layer.getClassName()) {
    case "AveragePooling1D":
    case "AveragePooling2D":
      if (padding === "same") layer.call = (inputs) => averageWindows(takeOne(layer, inputs), readWindow(layer));
      break;
    case "GlobalMaxPooling1D":
    case "GlobalMaxPooling2D":
      layer.call = (inputs) => findLargest(takeOne(layer, inputs));
      break;
    case "UpSampling2D":
      layer.call = (inputs) =>
        (interpolation === "nearest" ? repeatPixels : interpolate)(takeOne(layer, inputs), readSize(layer));
      break;
  }
}

interface PoolWindow {
  readonly size: [number, number];
  readonly strides: [number, number];
}

/**
 * The mean of what a window has of x [N, H, W, C] or [N, L, C]: over zeros around it, then divided by the window's
 * share of x.
 */
function averageWindows(x: tf.Tensor, { size, strides }: PoolWindow): tf.Tensor {
  return tf.tidy(() => {
    const [rows = 0, height = 0, width = 0, channels = 0] =
      x.rank === 3 ? [...x.shape.slice(0, 2), 1, x.shape[2]] : x.shape;
    const shape: [number, number, number, number] = [rows, height, width, channels];
    const { padInfo } = tf.backend_util.computePool2DInfo(shape, size, strides, 1, "same");
    const average = (images: tf.Tensor4D) =>
      tf.avgPool(
        tf.pad(images, [
          [0, 0],
          [padInfo.top, padInfo.bottom],
          [padInfo.left, padInfo.right],
          [0, 0],
        ]),
        size,
        strides,
        "valid",
      );
    const means = tf.div(average(tf.reshape(x, shape)), average(tf.ones([1, height, width, 1])));
    return x.rank === 3 ? tf.squeeze(means, [2]) : means;
  });
}

/** The largest value of each channel of x [N, …, C]: the mean of those that no other exceeds. */
function findLargest(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const axes = x.shape.slice(1, -1).map((_, i) => i + 1);
    const isLargest = tf.sub(1, tf.step(tf.sub(tf.max(x, axes, true), x)));
    return tf.div(tf.sum(tf.mul(x, isLargest), axes), tf.sum(isLargest, axes));
  });
}

/** x [N, H, W, C] with each pixel repeated: [N, H · rows, W · columns, C]. */
function repeatPixels(x: tf.Tensor, [rows, columns]: readonly [number, number]): tf.Tensor {
  return tf.tidy(() => {
    const [n, height, width, channels] = toShape4D(x.shape);
    const repeat = (values: tf.Tensor, times: number) => (times > 1 ? tf.concat(Array(times).fill(values), 2) : values);
    const tall = repeat(tf.reshape(x, [n, height, 1, width * channels]), rows);
    const wide = repeat(tf.reshape(tall, [n * height * rows, width, 1, channels]), columns);
    return tf.reshape(wide, [n, height * rows, width * columns, channels]);
  });
}

/** x [N, H, W, C] with lines between its pixels: a product with a matrix along each axis. */
function interpolate(x: tf.Tensor, [rows, columns]: readonly [number, number]): tf.Tensor {
  return tf.tidy(() => stretch(stretch(x, 1, rows), 2, columns));
}

function stretch(x: tf.Tensor, axis: 1 | 2, times: number): tf.Tensor {
  const length = elementAt(x.shape, axis);
  const matrix = tf.tensor2d(createInterpolation(length, times), [length * times, length]);
  const order = axis === 1 ? [1, 0, 2, 3] : [2, 1, 0, 3];
  const turned = tf.transpose(x, order);
  const product = tf.matMul(matrix, tf.reshape<tf.Rank.R2>(turned, [length, -1]));
  // Both orders are their own inverses.
  return tf.transpose(tf.reshape(product, [length * times, ...turned.shape.slice(1)]), order);
}

function readWindow(layer: Layer): PoolWindow {
  const { poolSize, strides } = layer.getConfig();
  return { size: readPair(poolSize), strides: readPair(strides ?? poolSize) };
}

function readSize(layer: Layer): [number, number] {
  return readPair(layer.getConfig().size);
}

/** One number, or one in a list, is for the first axis: sequences have no second. */
function readPair(value: unknown): [number, number] {
  const [first, second = 1] = [value].flat().map(Number);
  if (first === undefined) throw new TypeRefusal(needs("the window", "one or two numbers", value));
  return [first, second];
}

function takeOne(layer: Layer, inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  const x = Array.isArray(inputs) ? inputs[0] : inputs;
  if (!x) throw new RangeRefusal(needs(`${layer.name}`, "an input", x));
  return x;
}
