import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import { TARGET_KINDS, type TargetKind } from "../../data/float_targets.ts";
import type { Criterion, CriterionData } from "./criterion.ts";
import { type ElementLoss, evaluateElements } from "./element_losses.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";
import { HUBER_OPTIONS, type HuberOptions, MSE_OPTIONS } from "./options.ts";
import { refuseGrowingHead } from "./refuse_growing_head.ts";
import { writeAnyTargets } from "./target_values.ts";

const SQUARED_ERROR: ElementLoss = {
  lose: (z, target) => (z - target) * (z - target),
  differentiate: (z, target) => 2 * (z - target),
};

/**
 * Mean squared error: the mean over the minibatch and the C outputs, against targets that are numbers where the samples
 * have them, else against one-hot targets.
 */
export class MSELoss implements Criterion {
  readonly targets: readonly TargetKind[] = TARGET_KINDS;
  readonly options: ResolvedOptions<typeof MSE_OPTIONS>;

  /** @throws {TypeError} If it is given an option: there are none. */
  constructor(options: Readonly<Record<string, never>> = {}) {
    this.options = resolveOptions("MSELoss", options, MSE_OPTIONS);
  }

  assertUsable(data: CriterionData): void {
    refuseGrowingHead("MSELoss", data);
  }

  createObjective(y: Int32Array, outputSize: number, values?: HostTensor): ObjectiveWriter {
    return { kind: "mse", write: createWriter({ y, values }, outputSize) };
  }

  evaluate(output: HostTensor, y: Int32Array, values?: HostTensor): LossAndGradient {
    return evaluateElements(output, fillTargets(output, y, values), SQUARED_ERROR);
  }
}

/**
 * Huber's loss: half the squared error d, or δ · (|d| − δ/2) where |d| is more than δ, so that outliers pull less. The
 * mean over the minibatch and the C outputs; targets as for `MSELoss`.
 * @see Huber 1964, Robust Estimation of a Location Parameter
 */
export class HuberLoss implements Criterion {
  readonly targets: readonly TargetKind[] = TARGET_KINDS;
  readonly options: ResolvedOptions<typeof HUBER_OPTIONS>;

  /** @throws {RangeError} If δ is not above 0. */
  constructor(options: HuberOptions = {}) {
    this.options = resolveOptions("HuberLoss", options, HUBER_OPTIONS);
  }

  assertUsable(data: CriterionData): void {
    refuseGrowingHead("HuberLoss", data);
  }

  createObjective(y: Int32Array, outputSize: number, values?: HostTensor): ObjectiveWriter {
    return { kind: "huber", constant: this.options.delta, write: createWriter({ y, values }, outputSize) };
  }

  evaluate(output: HostTensor, y: Int32Array, values?: HostTensor): LossAndGradient {
    const { delta } = this.options;
    const hold = (error: number) => Math.min(Math.max(error, -delta), delta);
    return evaluateElements(output, fillTargets(output, y, values), {
      lose: (z, target) => hold(z - target) * (z - target - hold(z - target) / 2),
      differentiate: (z, target) => hold(z - target),
    });
  }
}

function createWriter(
  given: Parameters<typeof writeAnyTargets>[0],
  outputSize: number,
): Pick<ObjectiveWriter, "write">["write"] {
  return (targets, weights) => {
    writeAnyTargets(given, targets, { outputSize });
    weights.fill(1 / given.y.length);
  };
}

function fillTargets(output: HostTensor, y: Int32Array, values: HostTensor | undefined): Float32Array {
  const targets = new Float32Array(output.data.length);
  writeAnyTargets({ y, values }, targets, { outputSize: elementAt(output.shape, 1) });
  return targets;
}
