import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { isCompeting } from "./class_mask.ts";

/**
 * Fills `targets` [B, C] with the one-hot rows of class ids [B], smoothed if asked for.
 * @throws {RangeError} If a class id has no output.
 */
export function writeOneHot(
  y: Int32Array,
  targets: Float32Array,
  options: { readonly outputSize: number; readonly labelSmoothing: number },
): void {
  const { outputSize, labelSmoothing } = options;
  targets.fill(labelSmoothing / outputSize);
  for (let row = 0; row < y.length; row++) {
    const label = y[row] ?? -1;
    if (label < 0 || label >= outputSize) {
      throw new RangeRefusal(needs("the loss", `class ids below ${outputSize} (the model's outputs)`, label));
    }
    const i = row * outputSize + label;
    targets[i] = (targets[i] ?? 0) + 1 - labelSmoothing;
  }
}

/**
 * The same under a mask: smoothing is shared by the classes that compete alone.
 * @throws {RangeError} If a class id has no output or does not compete.
 */
export function writeTargets(
  y: Int32Array,
  targets: Float32Array,
  options: {
    readonly outputSize: number;
    readonly labelSmoothing: number;
    readonly classMask: Float32Array | undefined;
  },
): void {
  const { outputSize, labelSmoothing, classMask } = options;
  writeOneHot(y, targets, { outputSize, labelSmoothing: classMask ? 0 : labelSmoothing });
  if (!classMask) return;
  const competing = [...classMask.keys()].filter((id) => isCompeting(classMask, id));
  for (let row = 0; row < y.length; row++) {
    const label = y[row] ?? -1;
    if (!isCompeting(classMask, label)) {
      throw new RangeRefusal(needs("the loss", `a class id among ${competing.join(", ")} (the mask's)`, label));
    }
    const from = row * outputSize;
    targets[from + label] = 1 - labelSmoothing;
    for (const id of competing) targets[from + id] = (targets[from + id] ?? 0) + labelSmoothing / competing.length;
  }
}
