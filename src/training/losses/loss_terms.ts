import * as tf from "@tensorflow/tfjs";
import { elementAt } from "../../core/element_at.ts";
import { needs, TypeRefusal } from "../../core/errors/errors.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";

/** A term that a plugin adds to the loss: the minibatch's outputs [B, C] to a scalar, inside a tidy. */
export type LossTerm = (output: tf.Tensor2D) => tf.Scalar;

/**
 * The value of a scalar function of the outputs and its gradient with respect to them, by TF.js on the coordinator.
 * @throws {TypeError} If the function does not return a scalar.
 */
export function differentiateOnOutput(
  output: HostTensor,
  term: (output: tf.Tensor2D, library: typeof tf) => tf.Scalar,
): LossAndGradient {
  const [value, gradient] = tf.tidy(() => {
    const [rows, columns] = matrixShape(output.shape);
    // TF.js adopts the array it is given: it gets a copy.
    const tensor = tf.tensor2d(output.data.slice(), [rows, columns]);
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => term(x.as2D(rows, columns), tf))(tensor);
    if (value.rank !== 0) throw new TypeRefusal(needs("a loss term", "a scalar", `a tensor of shape [${value.shape}]`));
    return [value, grad];
  });
  const result = { loss: elementAt(value.dataSync(), 0), dOutput: Float32Array.from(gradient.dataSync()) };
  tf.dispose([value, gradient]);
  return result;
}
