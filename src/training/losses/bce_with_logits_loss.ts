import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import { callback } from "../../core/options/value_rules.ts";
import type { TargetKind } from "../../data/float_targets.ts";
import { evaluateBinaryCrossEntropy } from "./binary_cross_entropy.ts";
import { addClassMask, type ClassMask } from "./class_mask.ts";
import type { Criterion } from "./criterion.ts";
import { writeTargets } from "./cross_entropy_loss.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";
import { writeValues } from "./target_values.ts";

/**
 * Binary cross-entropy of sigmoid(output): the mean over the minibatch and the C outputs, each of which is a question
 * of its own. Targets are the samples' labels where they have several, else one-hot. A class that the mask keeps out
 * counts as a 0 that was answered.
 */
export class BCEWithLogitsLoss implements Criterion {
  readonly targets: readonly TargetKind[] = ["classes", "labels"];
  readonly #classMask: ClassMask | undefined;

  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: { readonly classMask?: ClassMask } = {}) {
    assertOptions("BCEWithLogitsLoss", options, { classMask: callback() });
    this.#classMask = options.classMask;
  }

  createObjective(y: Int32Array, outputSize: number, values?: HostTensor): ObjectiveWriter {
    const classMask = this.#classMask?.(outputSize);
    return {
      kind: "binary-cross-entropy",
      ...(classMask ? { classMask } : {}),
      write: (targets, weights) => {
        if (values) writeValues(values, targets, { rows: y.length, outputSize });
        else writeTargets(y, targets, { outputSize, labelSmoothing: 0, classMask });
        weights.fill(1 / y.length);
      },
    };
  }

  evaluate(output: HostTensor, y: Int32Array, values?: HostTensor): LossAndGradient {
    const outputSize = elementAt(output.shape, 1);
    const classMask = this.#classMask?.(outputSize);
    const targets = new Float32Array(output.data.length);
    if (values) writeValues(values, targets, { rows: y.length, outputSize });
    else writeTargets(y, targets, { outputSize, labelSmoothing: 0, classMask });
    const masked = { data: addClassMask(output.data, classMask), shape: output.shape };
    return evaluateBinaryCrossEntropy(masked, targets, Array(outputSize).keys());
  }
}
