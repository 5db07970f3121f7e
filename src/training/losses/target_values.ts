import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";

/**
 * Fills `targets` [B, C] with targets that are numbers.
 * @throws {RangeError} If they are not one row a sample and one column an output.
 */
export function writeValues(
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
