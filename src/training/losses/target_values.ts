import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { writeTargets } from "./class_targets.ts";

/**
 * Fills `targets` [B, C] with targets that are numbers.
 * @throws {RangeError} If they are not one row a sample and one column an output.
 */
function writeValues(
  values: HostTensor,
  targets: Float32Array,
  { rows, outputSize }: { readonly rows: number; readonly outputSize: number },
): void {
  if (values.shape[0] !== rows || values.shape[1] !== outputSize) {
    const wanted = `targets [${rows}, ${outputSize}] (rows, the model's outputs)`;
    throw new RangeRefusal(needs("the loss", wanted, values.shape));
  }
  targets.set(values.data);
}

/** Targets of a minibatch: class ids [B], or numbers [B, C] where the samples have them. */
export interface MinibatchTargets {
  readonly y: Int32Array;
  readonly values: HostTensor | undefined;
}

/**
 * Fills `targets` [B, C] with targets that are numbers, or with the one-hot rows of class ids.
 * @throws {RangeError} If numbers are not one row a sample and one column an output, or a class id has no output or
 *   does not compete.
 */
export function writeAnyTargets(
  { y, values }: MinibatchTargets,
  targets: Float32Array,
  { outputSize, classMask }: { readonly outputSize: number; readonly classMask?: Float32Array | undefined },
): void {
  if (values) writeValues(values, targets, { rows: y.length, outputSize });
  else writeTargets(y, targets, { outputSize, labelSmoothing: 0, classMask });
}
