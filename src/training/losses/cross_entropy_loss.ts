import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { callback, number } from "../../core/options/value_rules.ts";
import { TARGET_KINDS, type TargetKind } from "../../data/float_targets.ts";
import { addClassMask, type ClassMask, isCompeting } from "./class_mask.ts";
import type { Criterion } from "./criterion.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";
import { writeValues } from "./target_values.ts";

/** What competes, and how sure the targets are. */
export interface CrossEntropyOptions {
  /** ε. Default: 0. */
  readonly labelSmoothing?: number;
  readonly classMask?: ClassMask;
}

const CROSS_ENTROPY_RULES: OptionRules<CrossEntropyOptions> = {
  labelSmoothing: number({ atLeast: 0, atMost: 1 }),
  classMask: callback(),
};

/**
 * Softmax cross-entropy from logits, the mean over the minibatch. With smoothing ε the target of the true class is
 * 1 − ε + ε/C and that of every other ε/C, where C counts the classes that the mask lets compete.
 * @see Szegedy et al. 2016, arXiv:1512.00567 (label smoothing)
 */
export class CrossEntropyLoss implements Criterion {
  readonly labelSmoothing: number;
  readonly #classMask: ClassMask | undefined;

  /** @throws {RangeError} If `labelSmoothing` is outside [0, 1]. */
  constructor(options: CrossEntropyOptions = {}) {
    assertOptions("CrossEntropyLoss", options, CROSS_ENTROPY_RULES);
    this.labelSmoothing = options.labelSmoothing ?? 0;
    this.#classMask = options.classMask;
  }

  createObjective(y: Int32Array, outputSize: number): ObjectiveWriter {
    const classMask = this.#classMask?.(outputSize);
    return {
      kind: "cross-entropy",
      ...(classMask ? { classMask } : {}),
      write: (targets, weights) => {
        writeTargets(y, targets, { outputSize, labelSmoothing: this.labelSmoothing, classMask });
        weights.fill(1 / y.length);
      },
    };
  }

  evaluate(output: HostTensor, y: Int32Array): LossAndGradient {
    const outputSize = elementAt(output.shape, 1);
    const classMask = this.#classMask?.(outputSize);
    const logits = addClassMask(output.data, classMask);
    const targets = new Float32Array(output.data.length);
    writeTargets(y, targets, { outputSize, labelSmoothing: this.labelSmoothing, classMask });
    const dOutput = targets;
    const losses = new Float64Array(y.length);
    for (let row = 0; row < y.length; row++) {
      const from = row * outputSize;
      let loss = 0;
      const logSum = logSumExp(logits.subarray(from, from + outputSize));
      for (let i = from; i < from + outputSize; i++) {
        const logProbability = (logits[i] ?? 0) - logSum;
        const target = targets[i] ?? 0;
        if (target !== 0) loss -= target * logProbability;
        dOutput[i] = (Math.exp(logProbability) - target) / y.length;
      }
      losses[row] = loss;
    }
    return { loss: losses.reduce((sum, loss) => sum + loss, 0) / y.length, dOutput, losses };
  }
}

/**
 * Mean squared error: the mean over the minibatch and the C outputs, against targets that are numbers where the samples
 * have them, else against one-hot targets.
 */
export class MSELoss implements Criterion {
  readonly targets: readonly TargetKind[] = TARGET_KINDS;

  /** @throws {TypeError} If it is given an option: there are none. */
  constructor(options: Readonly<Record<string, never>> = {}) {
    assertOptions("MSELoss", options, {});
  }

  createObjective(y: Int32Array, outputSize: number, values?: HostTensor): ObjectiveWriter {
    return {
      kind: "mse",
      write: (targets, weights) => {
        if (values) writeValues(values, targets, { rows: y.length, outputSize });
        else writeOneHot(y, targets, { outputSize, labelSmoothing: 0 });
        weights.fill(1 / y.length);
      },
    };
  }

  evaluate(output: HostTensor, y: Int32Array, values?: HostTensor): LossAndGradient {
    const targets = new Float32Array(output.data.length);
    const outputSize = elementAt(output.shape, 1);
    if (values) writeValues(values, targets, { rows: y.length, outputSize });
    else writeOneHot(y, targets, { outputSize, labelSmoothing: 0 });
    const dOutput = targets;
    const losses = new Float64Array(y.length);
    const width = targets.length / y.length;
    for (let i = 0; i < targets.length; i++) {
      const difference = (output.data[i] ?? 0) - (targets[i] ?? 0);
      const row = Math.floor(i / width);
      losses[row] = (losses[row] ?? 0) + (difference * difference) / width;
      dOutput[i] = (2 * difference) / targets.length;
    }
    return { loss: losses.reduce((sum, loss) => sum + loss, 0) / y.length, dOutput, losses };
  }
}

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
