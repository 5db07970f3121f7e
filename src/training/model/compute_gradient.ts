import type { Cluster } from "../../cluster/cluster.ts";
import type { AfterGradient, ComputeRequest, StepResult } from "../../cluster/compute_request.ts";
import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import type { Criterion } from "../losses/criterion.ts";

/** A step in one command. */
export interface FusedStep {
  readonly criterion: Criterion;
  /** Weighs the criterion's objective, or its samples. Default: the objective as it is. */
  readonly weigh?: (objective: ObjectiveWriter) => ObjectiveWriter;
  /** What follows the gradient in the same command. */
  readonly after?: AfterGradient;
}

/**
 * The loss of a criterion over the samples of a request. Its gradient [P] is the cluster's `gradient`, or
 * `scratchGradient` for a request with `scratch`. Fused where the replicas can compute the criterion, else forward,
 * evaluate and backward.
 */
export async function computeGradient(
  cluster: Cluster,
  request: ComputeRequest,
  { criterion }: Pick<FusedStep, "criterion">,
): Promise<number> {
  const fused = await computeFused(cluster, { ...request, outputs: false }, { criterion });
  if (fused) return fused.objective;
  const { targets, targetValues } = request.samples;
  const { loss, dOutput } = await criterion.evaluate(await cluster.forward(request), targets, targetValues);
  await cluster.backward(request, dOutput);
  return loss;
}

/**
 * Outputs, loss and gradient in one command.
 * @returns Undefined where the replicas cannot compute the criterion: nothing was computed then.
 */
export async function computeFused(
  cluster: Cluster,
  request: ComputeRequest,
  { criterion, weigh, after }: FusedStep,
): Promise<StepResult | undefined> {
  const { targets, targetValues } = request.samples;
  const objective = criterion.createObjective?.(targets, cluster.model.outputSize, targetValues);
  return objective && cluster.gradientStep(request, weigh?.(objective) ?? objective, after);
}
