/**
 * A program of its own: has a recurrent kernel drawn where methods of tensors were not loaded, then calls one, and
 * prints those that there are once they are loaded and were not foreseen.
 */
import process from "node:process";
import * as tf from "../../../src/engine/tfjs/tensorflow.ts";

tf.enableProdMode();
const known = new Set(Object.getOwnPropertyNames(tf.Tensor.prototype));
const layer = tf.layers.lstm({ units: 2, inputShape: [3, 1] });
const shape = tf.sequential({ layers: [layer] }).outputShape;
const tfjs = await import("@tensorflow/tfjs");
const names = Object.getOwnPropertyNames(tfjs.Tensor.prototype);
const sum = [
  ...tfjs
    .tensor1d([1, 2])
    .add(tfjs.tensor1d([3, 4]))
    .dataSync(),
];
process.stdout.write(JSON.stringify({ shape, sum, unknown: names.filter((name) => !known.has(name)) }));
