import { needs, TypeRefusal } from "../../../core/errors/errors.ts";
import { hashParameters } from "../../../core/hashing/hash_parameters.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";

/**
 * `WeightCheckpoint/train_phase/train_stream/Exp000`: the parameters after each experience's training, with their
 * SHA-256. An evaluator keeps them all in its history; logs hold the SHA-256.
 */
export function weightCheckpointMetrics(options: Readonly<Record<string, never>> = {}): PluginMetric[] {
  assertOptions("weightCheckpointMetrics", options, {});
  return [new WeightCheckpoint()];
}

class WeightCheckpoint implements PluginMetric {
  readonly name = "WeightCheckpoint";

  afterTrainingExp({ experience, parameters }: EvaluatedStrategy): MetricReading[] {
    if (!parameters)
      throw new TypeRefusal(needs("weightCheckpointMetrics", "a strategy that shows its parameters", parameters));
    const { currentExperience, originStream } = experience;
    const key = createMetricKey({
      name: this.name,
      phase: "train",
      streamName: originStream.name,
      experience: currentExperience,
    });
    const copy = Float32Array.from(parameters);
    return [{ key, value: { kind: "weights", sha256: hashParameters(copy), parameters: copy } }];
  }

  save(): null {
    return null;
  }

  restore(): void {}
}
