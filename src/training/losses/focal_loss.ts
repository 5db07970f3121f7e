import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import type { TargetKind } from "../../data/float_targets.ts";
import { addClassMask } from "./class_mask.ts";
import { writeTargets } from "./class_targets.ts";
import type { Criterion, CriterionData } from "./criterion.ts";
import { evaluateElements, replaceByWeights, type SideWeights } from "./element_losses.ts";
import { evaluateFocal, focalSide } from "./focal_forms.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";
import { FOCAL_OPTIONS, type FocalOptions } from "./options.ts";
import { refuseGrowingHead } from "./refuse_growing_head.ts";
import { writeAnyTargets } from "./target_values.ts";
import { takeWeights } from "./weigh_targets.ts";

/**
 * Focal loss: cross-entropy in which a sample counts (1 − p)^γ, where p is the probability of its target, so that
 * training keeps to what is predicted badly.
 *
 * In the softmax form the classes are one choice: −α_y (1 − p_y)^γ ln p_y, the mean over the minibatch; α is one weight
 * a class id. In the sigmoid form each output is a question of its own: the mean over the minibatch and the C outputs
 * of −α (1 − p)^γ ln p for targets of 1 and −(1 − α) p^γ ln(1 − p) for targets of 0, as in torchvision's
 * `sigmoid_focal_loss`. It is the form of several labels a sample; class ids take it on request. Departures: without
 * `alpha` nothing is weighed, where torchvision has 0.25, and the sum is divided by the number of samples or outputs,
 * where the paper takes the number of anchors with an object.
 * @see Lin et al. 2017, Focal Loss for Dense Object Detection, arXiv:1708.02002
 * @example new FocalLoss({ gamma: 2 })
 */
export class FocalLoss implements Criterion {
  readonly ofLogits = true;
  readonly targets: readonly TargetKind[];
  /** With the defaults filled in. */
  readonly options: ResolvedOptions<typeof FOCAL_OPTIONS>;

  /** @throws {RangeError} If γ or α are below 0, or α is not of the form. */
  constructor(options: FocalOptions = {}) {
    this.options = resolveOptions("FocalLoss", options, FOCAL_OPTIONS);
    const { form, alpha } = this.options;
    this.targets = form === "softmax" ? ["classes"] : ["classes", "labels"];
    if (form !== undefined && alpha !== undefined) assertAlpha(form, alpha);
  }

  assertUsable({ targets, outputSize, hasGrowingHead = false }: CriterionData): void {
    const form = this.#formOf(targets);
    if (form === "sigmoid" && !this.options.classMask) {
      refuseGrowingHead("FocalLoss in its sigmoid form", { hasGrowingHead });
    }
    const { alpha } = this.options;
    if (alpha === undefined) return;
    assertAlpha(form, alpha);
    if (typeof alpha !== "number") takeWeights("FocalLoss: alpha", alpha, outputSize);
  }

  createObjective(y: Int32Array, outputSize: number, values?: HostTensor): ObjectiveWriter {
    this.assertUsable({ targets: values ? "labels" : "classes", outputSize });
    const classMask = this.options.classMask?.(outputSize);
    const shared = { constant: this.options.gamma, ...(classMask ? { classMask } : {}) };
    if (this.#formOf(values ? "labels" : "classes") === "softmax") {
      const alphas = this.#classWeights(outputSize);
      return {
        kind: "focal",
        ...shared,
        write: (targets, weights) => {
          writeTargets(y, targets, { outputSize, labelSmoothing: 0, classMask });
          weights.set(Array.from(y, (id) => (alphas?.[id] ?? 1) / y.length));
        },
      };
    }
    const sides = this.#sideWeights(outputSize);
    return {
      kind: "binary-focal",
      ...shared,
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
    this.assertUsable({ targets: values ? "labels" : "classes", outputSize });
    const { gamma, classMask: mask } = this.options;
    const classMask = mask?.(outputSize);
    const logits = { data: addClassMask(output.data, classMask), shape: output.shape };
    const targets = new Float32Array(output.data.length);
    writeAnyTargets({ y, values }, targets, { outputSize, classMask });
    if (this.#formOf(values ? "labels" : "classes") === "softmax") {
      return evaluateFocal(logits, y, { gamma, classWeights: this.#classWeights(outputSize) });
    }
    const sides = this.#sideWeights(outputSize);
    const elementWeights = sides && targets.slice();
    if (elementWeights) replaceByWeights(elementWeights, sides, outputSize);
    return evaluateElements(logits, targets, { ...focalSide(gamma), elementWeights });
  }

  #formOf(targets: TargetKind): "softmax" | "sigmoid" {
    return this.options.form ?? (targets === "labels" ? "sigmoid" : "softmax");
  }

  #classWeights(outputSize: number): Float64Array | undefined {
    const { alpha } = this.options;
    return alpha === undefined || typeof alpha === "number"
      ? undefined
      : takeWeights("FocalLoss: alpha", alpha, outputSize);
  }

  #sideWeights(outputSize: number): SideWeights | undefined {
    const { alpha } = this.options;
    if (alpha === undefined) return undefined;
    if (typeof alpha === "number") return { ones: alpha, zeros: 1 - alpha };
    const ones = takeWeights("FocalLoss: alpha", alpha, outputSize);
    return { ones, zeros: ones.map((weight) => 1 - weight) };
  }
}

function assertAlpha(form: "softmax" | "sigmoid", alpha: number | readonly number[]): void {
  const isList = typeof alpha !== "number";
  if (form === "softmax" && !isList) {
    const rule = "a list with one weight a class id in the softmax form, that of class ids";
    throw new RangeRefusal(`FocalLoss: alpha must be ${rule}, got ${alpha}; one number is for form "sigmoid"`);
  }
  const large = form === "sigmoid" ? [alpha].flat().find((weight) => weight > 1) : undefined;
  if (large === undefined) return;
  throw new RangeRefusal(`FocalLoss: alpha must be from 0 to 1 in the sigmoid form, got ${describeValue(large)}`);
}
