import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import type { FedMetric } from "../metric_family.ts";
import type { PluginMetric } from "../plugin_metric.ts";
import type { Metric } from "./metric.ts";
import { Forgetting } from "./transfer/forgetting.ts";
import type { TransferMetricsOptions } from "./transfer/forgetting_metrics.ts";
import { TransferMetric } from "./transfer/transfer_metric.ts";

/** A measure of outputs [B, T] against targets [B, T]. */
export interface TargetMetric extends Metric<number> {
  /** Samples counted so far. */
  readonly total: number;
  update(outputs: HostTensor, targets: HostTensor): void;
}

/** What the outputs of a minibatch should have been, [B, T]. */
export type ReadTargets = (strategy: EvaluatedStrategy) => HostTensor;

/** A measure that a strategy feeds with outputs and targets. */
export function feedTargets<Measure extends TargetMetric>(
  metric: Measure,
  readTargets: ReadTargets,
): FedMetric & { readonly metric: Measure } {
  return { metric, update: (strategy) => metric.update(strategy.mbOutput, readTargets(strategy)) };
}

/** The targets of a minibatch. @throws {RangeRefusal} If they are class ids. */
export function readValues({ mbValues, mbY }: EvaluatedStrategy): HostTensor {
  if (mbValues) return mbValues;
  throw new RangeRefusal(`the metric needs targets that are numbers, got class ids ${describeValue(mbY)}`);
}

/** `Experience{measure}Forgetting`, `Stream{measure}Forgetting`: the value when just learned minus the value now. */
export function createTargetForgetting(
  measure: string,
  { experience, stream }: TransferMetricsOptions,
  create: () => FedMetric,
): PluginMetric[] {
  const createMeasure = () => new Forgetting();
  const emissions = [...(experience ? (["experience"] as const) : []), ...(stream ? (["stream"] as const) : [])];
  return emissions.map((emitAt) => {
    const name = `${emitAt === "experience" ? "Experience" : "Stream"}${measure}Forgetting`;
    return new TransferMetric({ name, createMeasure, emitAt, value: create() });
  });
}
