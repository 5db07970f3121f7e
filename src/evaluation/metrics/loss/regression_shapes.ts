import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { type HostTensor, matrixShape } from "../../../core/host_tensor.ts";

/**
 * D of predictions and targets [B, D].
 * @throws {RangeError} If the two have not one shape.
 */
export function readTargetWidth(act: string, predicted: HostTensor, target: HostTensor): number {
  const [rows, width] = matrixShape(predicted.shape);
  const isOneShape = target.shape.length === 2 && target.shape[0] === rows && target.shape[1] === width;
  if (predicted.shape.length === 2 && isOneShape) return width;
  throw new RangeRefusal(needs(act, `predictions and targets of one shape [B, D]`, [predicted.shape, target.shape]));
}
