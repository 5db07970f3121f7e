import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import type { TargetKind } from "../../data/float_targets.ts";
import { evaluateBinaryCrossEntropy } from "./binary_cross_entropy.ts";
import { addClassMask } from "./class_mask.ts";
import type { Criterion, CriterionData } from "./criterion.ts";
import { replaceByWeights, type SideWeights } from "./element_losses.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";
import { BCE_OPTIONS, type BCEWithLogitsOptions } from "./options.ts";
import { refuseGrowingHead } from "./refuse_growing_head.ts";
import { writeAnyTargets } from "./target_values.ts";
import { takeWeights } from "./weigh_targets.ts";

/**
 * Binary cross-entropy of sigmoid(output): the mean over the minibatch and the C outputs, each of which is a question
 * of its own. Targets are the samples' labels where they have several, else one-hot. A class that the mask keeps out
 * counts as a 0 that was answered.
 *
 * With `posWeight` w, as in PyTorch, what is lost at a target of 1 counts w times: above 1 it finds more of the ones,
 * below 1 it is more often right about them. The mean is still that over all outputs.
 * @example new BCEWithLogitsLoss({ posWeight: [9, 4] })
 */
export class BCEWithLogitsLoss implements Criterion {
  readonly ofLogits = true;
  readonly targets: readonly TargetKind[] = ["classes", "labels"];
  /** With the defaults filled in. */
  readonly options: ResolvedOptions<typeof BCE_OPTIONS>;

  /** @throws {TypeError} If an option is of another kind. {RangeError} If a weight is below 0. */
  constructor(options: BCEWithLogitsOptions = {}) {
    this.options = resolveOptions("BCEWithLogitsLoss", options, BCE_OPTIONS);
  }

  assertUsable(data: CriterionData): void {
    if (!this.options.classMask) refuseGrowingHead("BCEWithLogitsLoss", data);
    this.#sideWeights(data.outputSize);
  }

  createObjective(y: Int32Array, outputSize: number, values?: HostTensor): ObjectiveWriter {
    const classMask = this.options.classMask?.(outputSize);
    const sides = this.#sideWeights(outputSize);
    return {
      kind: "binary-cross-entropy",
      ...(classMask ? { classMask } : {}),
      write: (targets, weights) => {
        writeAnyTargets({ y, values }, targets, { outputSize, classMask });
        weights.fill(1 / y.length);
      },
      ...(sides && {
        writeElementWeights: (elementWeights) => {
          writeAnyTargets({ y, values }, elementWeights, { outputSize, classMask });
          replaceByWeights(elementWeights, sides, outputSize);
        },
      }),
    };
  }

  evaluate(output: HostTensor, y: Int32Array, values?: HostTensor): LossAndGradient {
    const outputSize = elementAt(output.shape, 1);
    const classMask = this.options.classMask?.(outputSize);
    const targets = new Float32Array(output.data.length);
    writeAnyTargets({ y, values }, targets, { outputSize, classMask });
    const masked = { data: addClassMask(output.data, classMask), shape: output.shape };
    const sides = this.#sideWeights(outputSize);
    const elementWeights = sides && targets.slice();
    if (elementWeights) replaceByWeights(elementWeights, sides, outputSize);
    return evaluateBinaryCrossEntropy(masked, targets, { elementWeights });
  }

  #sideWeights(outputSize: number): SideWeights | undefined {
    const { posWeight } = this.options;
    if (posWeight === undefined) return undefined;
    if (typeof posWeight === "number") return { ones: posWeight, zeros: 1 };
    return { ones: takeWeights("BCEWithLogitsLoss: posWeight", posWeight, outputSize), zeros: 1 };
  }
}
