import { RangeRefusal } from "../core/errors/errors.ts";
import { type ResolvedOptions, resolveOptions } from "../core/options/option_schema.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";
import { createGroups } from "./create_groups.ts";
import { fixSpec } from "./fix_spec.ts";
import type { Optimizer, OptimizerStep, OptimizerVectors } from "./optimizer.ts";
import type { SGDSpec } from "./optimizer_spec.ts";
import { SGD_OPTIONS, SGD_RULE, type SGDOptions } from "./options.ts";
import type { ParameterGroup } from "./parameter_groups.ts";

/**
 * Stochastic gradient descent with PyTorch's definition of momentum: v ← μv + (1 − dampening)g, θ ← θ − ηv, where the
 * first v is g; Nesterov's form steps along g + μv. Weight decay adds λθ to g.
 * @see Sutskever et al. 2013, On the importance of initialization and momentum in deep learning
 */
export class SGD implements Optimizer {
  readonly spec: SGDSpec;
  learningRate: number;
  readonly groups: readonly ParameterGroup[];

  /**
   * @throws {RangeError} If a constant is out of range, or Nesterov is asked for without momentum or with dampening.
   */
  constructor(options: SGDOptions) {
    const { groups, ...own } = resolveOptions("SGD", options, SGD_OPTIONS);
    const { learningRate, spec } = readRule("SGD", own);
    this.learningRate = learningRate;
    this.spec = fixSpec(this, spec);
    this.groups = createGroups("SGD", groups, { own, schema: SGD_RULE, read: readRule });
  }
}

function readRule(subject: string, { learningRate, ...rule }: ResolvedOptions<typeof SGD_RULE>) {
  const { momentum, dampening, nesterov } = rule;
  if (nesterov && momentum === 0) throw new RangeRefusal(`${subject}: nesterov requires momentum above 0`);
  if (nesterov && dampening !== 0)
    throw new RangeRefusal(`${subject}: nesterov requires dampening 0, got ${dampening}`);
  const spec: SGDSpec = { kind: "sgd", ...rule };
  return { learningRate, spec };
}

/** One step of SGD on a slice, in place. State: the velocity v, when there is momentum. */
export function stepSGD(spec: SGDSpec, vectors: OptimizerVectors, step: OptimizerStep, kernels: VectorKernels): void {
  const { parameters, gradient } = vectors;
  const velocity = vectors.state[0];
  const { learningRate } = step;
  const { momentum, weightDecay, nesterov } = spec;
  if (!velocity || momentum === 0) {
    kernels.compute({ written: [parameters], read: [gradient] }, step, (functions, [theta = 0, g = 0], count) =>
      functions.stepPlain(theta, g, count, learningRate, weightDecay),
    );
    return;
  }
  // The first velocity is the gradient itself.
  const share = step.count === 1 ? 1 : 1 - spec.dampening;
  kernels.compute(
    { written: [parameters, velocity], read: [gradient] },
    step,
    (functions, [theta = 0, v = 0, g = 0], count) =>
      functions.stepMomentum(theta, g, v, count, learningRate, momentum, share, weightDecay, nesterov ? 1 : 0),
  );
}
