import { findOriginNumber } from "../streams/lineage.ts";
import { isOnlineExperience } from "../streams/online_experience.ts";
import type { EvaluatedStrategy } from "./evaluated_strategy.ts";
import { createMetricKey } from "./metric_key.ts";
import type { MetricReading } from "./metric_value.ts";
import { CumulativeAccuracy } from "./metrics/cumulative_accuracy.ts";
import { Forgetting } from "./metrics/forgetting.ts";
import { parseOptionalNumber, parseRecord, parseRows } from "./metrics/saved_state.ts";
import type { PluginMetric } from "./plugin_metric.ts";

/**
 * `CumulativeAccuracy`: at the end of every evaluation, for each trained experience t, the accuracy on the classes seen
 * up to t where only these may be predicted. Keys carry the experience and no task. Pieces count as the experiences
 * that they were cut from.
 */
export function cumulativeAccuracyMetrics(): PluginMetric[] {
  return [new CumulativeAccuracyMetric("CumulativeAccuracy")];
}

/**
 * `CumulativeForgetting`: how far each cumulative accuracy fell since its experience was the one trained last. Departs
 * from Avalanche, which subtracts from the first evaluation, be it in the middle of that experience's training.
 */
export function cumulativeForgettingMetrics(): PluginMetric[] {
  return [new CumulativeAccuracyMetric("CumulativeForgetting")];
}

class CumulativeAccuracyMetric implements PluginMetric {
  readonly name: "CumulativeAccuracy" | "CumulativeForgetting";
  readonly #accuracy = new CumulativeAccuracy();
  readonly #forgetting = new Forgetting();
  readonly #classesSeen = new Map<number, readonly number[]>();
  #lastTrained: number | null = null;

  constructor(name: "CumulativeAccuracy" | "CumulativeForgetting") {
    this.name = name;
  }

  beforeTrainingExp({ experience }: EvaluatedStrategy): undefined {
    const origin = findOriginNumber(experience);
    // A piece that passes from one experience to the next has classes of both.
    const { classesInThisExperience } = isOnlineExperience(experience) ? experience.originExperience : experience;
    const seen = this.#lastTrained === null ? [] : (this.#classesSeen.get(this.#lastTrained) ?? []);
    this.#classesSeen.set(origin, [...new Set([...seen, ...classesInThisExperience])]);
    this.#lastTrained = origin;
  }

  beforeEval(): undefined {
    this.#accuracy.reset();
    this.#forgetting.resetLast();
  }

  afterEvalIteration({ mbOutput, mbY }: EvaluatedStrategy): undefined {
    this.#accuracy.update(mbOutput, mbY, this.#classesSeen);
  }

  afterEval({ experience }: EvaluatedStrategy): MetricReading[] | undefined {
    const accuracies = this.#accuracy.result();
    for (const [key, value] of accuracies) {
      if (key === this.#lastTrained) this.#forgetting.updateInitial(key, value);
      else this.#forgetting.updateLast(key, value);
    }
    const values = this.name === "CumulativeAccuracy" ? accuracies : this.#forgetting.result();
    const streamName = experience.originStream.name;
    return [...values].map(([key, value]) => ({
      key: createMetricKey({ name: this.name, phase: "eval", streamName, experience: key }),
      value,
    }));
  }

  save(): unknown {
    return {
      lastTrained: this.#lastTrained,
      classesSeen: [...this.#classesSeen].map(([key, classes]) => [key, ...classes]),
      accuracy: this.#accuracy.save(),
      forgetting: this.#forgetting.save(),
    };
  }

  restore(state: unknown): void {
    const act = `restore ${this.name}`;
    const { lastTrained, classesSeen, accuracy, forgetting } = parseRecord(act, state);
    this.#lastTrained = parseOptionalNumber(act, lastTrained);
    this.#classesSeen.clear();
    for (const [key = 0, ...classes] of parseRows(act, classesSeen)) this.#classesSeen.set(key, classes);
    this.#accuracy.restore(accuracy);
    this.#forgetting.restore(forgetting);
  }
}
