import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import type { StrategyPlugin } from "../loop/strategy_plugin.ts";
import { addClassMask } from "./class_mask.ts";
import { ClassTally } from "./class_tally.ts";
import { writeTargets } from "./class_targets.ts";
import type { Criterion, CriterionData } from "./criterion.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";
import { CROSS_ENTROPY_OPTIONS, type CrossEntropyOptions } from "./options.ts";
import { refuseGrowingHead } from "./refuse_growing_head.ts";
import { takeWeights, weighTargets } from "./weigh_targets.ts";

/**
 * Softmax cross-entropy from logits, the mean over the minibatch. With smoothing ε the target of the true class is
 * 1 − ε + ε/C and that of every other ε/C, where C counts the classes that the mask lets compete.
 *
 * With class weights w it is PyTorch's weighted mean, smoothing included: Σᵢ Σ_c −w_c t_ic ln p_ic / Σᵢ w_yᵢ over the
 * whole minibatch, whatever the number of workers. Departure: a minibatch whose samples all weigh 0 has a loss of 0,
 * not NaN. "balanced" weighs class c by n / (K · n_c), as scikit-learn does: n samples of K classes in the training
 * data of the experiences so far, the current one included, n_c of them of that class. Each sample counts once, however
 * often it is trained on or replayed; a class that was not met yet weighs 1.
 * @see Szegedy et al. 2016, arXiv:1512.00567 (label smoothing)
 * @example new CrossEntropyLoss({ classWeights: "balanced", labelSmoothing: 0.1 })
 */
export class CrossEntropyLoss implements Criterion {
  readonly ofLogits = true;
  readonly takesSoftTargets = true;
  readonly labelSmoothing: number;
  /** With the defaults filled in. */
  readonly options: ResolvedOptions<typeof CROSS_ENTROPY_OPTIONS>;
  readonly #tally = new ClassTally();

  /** @throws {RangeError} If `labelSmoothing` is outside [0, 1], or a weight below 0. */
  constructor(options: CrossEntropyOptions = {}) {
    this.options = resolveOptions("CrossEntropyLoss", options, CROSS_ENTROPY_OPTIONS);
    this.labelSmoothing = this.options.labelSmoothing;
  }

  /** Counts classes for balanced weights. */
  get plugin(): StrategyPlugin | undefined {
    return this.options.classWeights === "balanced" ? this.#tally.plugin : undefined;
  }

  forStrategy(): Criterion {
    // What a subclass adds cannot be copied: it serves one strategy.
    return this.plugin && this.constructor === CrossEntropyLoss ? new CrossEntropyLoss(this.options) : this;
  }

  assertUsable(data: CriterionData): void {
    if (this.labelSmoothing > 0 && !this.options.classMask) refuseGrowingHead("labelSmoothing", data);
    this.#classWeights(data.outputSize);
  }

  createObjective(y: Int32Array, outputSize: number): ObjectiveWriter {
    const classMask = this.options.classMask?.(outputSize);
    const classWeights = this.#classWeights(outputSize);
    return {
      kind: "cross-entropy",
      ...(classMask ? { classMask } : {}),
      write: (targets, weights) => {
        writeTargets(y, targets, { outputSize, labelSmoothing: this.labelSmoothing, classMask });
        if (classWeights) weights.set(weighTargets(y, targets, classWeights).map((share) => share / y.length));
        else weights.fill(1 / y.length);
      },
    };
  }

  evaluate(output: HostTensor, y: Int32Array): LossAndGradient {
    const outputSize = elementAt(output.shape, 1);
    const classMask = this.options.classMask?.(outputSize);
    const logits = addClassMask(output.data, classMask);
    const targets = new Float32Array(output.data.length);
    writeTargets(y, targets, { outputSize, labelSmoothing: this.labelSmoothing, classMask });
    const classWeights = this.#classWeights(outputSize);
    const shares = classWeights && weighTargets(y, targets, classWeights);
    const dOutput = targets;
    const losses = new Float64Array(y.length);
    for (let row = 0; row < y.length; row++) {
      const from = row * outputSize;
      const share = shares?.[row] ?? 1;
      let loss = 0;
      const logSum = logSumExp(logits.subarray(from, from + outputSize));
      for (let i = from; i < from + outputSize; i++) {
        const logProbability = (logits[i] ?? 0) - logSum;
        const target = targets[i] ?? 0;
        if (target !== 0) loss -= target * logProbability;
        dOutput[i] = (share * (Math.exp(logProbability) - target)) / y.length;
      }
      losses[row] = share * loss;
    }
    return { loss: losses.reduce((sum, loss) => sum + loss, 0) / y.length, dOutput, losses };
  }

  /** [C]; undefined where all classes weigh the same. */
  #classWeights(outputSize: number): Float64Array | undefined {
    const { classWeights } = this.options;
    if (classWeights === undefined) return undefined;
    if (typeof classWeights === "string") return this.#tally.balance(outputSize);
    return takeWeights("CrossEntropyLoss: classWeights", classWeights, outputSize);
  }
}
