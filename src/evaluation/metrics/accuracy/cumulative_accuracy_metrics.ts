import { assertOptions } from "../../../core/options/assert_options.ts";
import { findOriginNumber } from "../../../streams/lineage.ts";
import { isOnlineExperience } from "../../../streams/online_experience.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { parseOptionalNumber, parseRecord, parseRows } from "../saved_state.ts";
import { Forgetting } from "../transfer/forgetting.ts";
import { listStreams } from "../transfer/transfer_metric.ts";
import { CumulativeAccuracy } from "./cumulative_accuracy.ts";

/**
 * `CumulativeAccuracy`: at the end of every evaluation, for each trained experience t, the accuracy on the classes seen
 * up to t where only these may be predicted. Keys carry the experience and no task. Pieces count as the experiences
 * that they were cut from. Streams are kept apart.
 */
export function cumulativeAccuracyMetrics(options: Readonly<Record<string, never>> = {}): PluginMetric[] {
  assertOptions("cumulativeAccuracyMetrics", options, {});
  return [new CumulativeAccuracyMetric("CumulativeAccuracy")];
}

/**
 * `CumulativeForgetting`: how far each cumulative accuracy fell since its experience was the one trained last. Departs
 * from Avalanche, which subtracts from the first evaluation, be it in the middle of that experience's training.
 */
export function cumulativeForgettingMetrics(options: Readonly<Record<string, never>> = {}): PluginMetric[] {
  assertOptions("cumulativeForgettingMetrics", options, {});
  return [new CumulativeAccuracyMetric("CumulativeForgetting")];
}

interface StreamMeasures {
  readonly accuracy: CumulativeAccuracy;
  readonly forgetting: Forgetting;
}

class CumulativeAccuracyMetric implements PluginMetric {
  readonly name: "CumulativeAccuracy" | "CumulativeForgetting";
  readonly #byStream = new Map<string, StreamMeasures>();
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
    for (const { accuracy, forgetting } of this.#byStream.values()) {
      accuracy.reset();
      forgetting.resetLast();
    }
  }

  afterEvalIteration({ experience, mbOutput, mbY }: EvaluatedStrategy): undefined {
    this.#measuresOf(experience.originStream.name).accuracy.update(mbOutput, mbY, this.#classesSeen);
  }

  afterEval({ currentEvalStream }: EvaluatedStrategy): MetricReading[] | undefined {
    return listStreams(currentEvalStream).flatMap(({ originStream: { name: streamName } }) => {
      const { accuracy, forgetting } = this.#measuresOf(streamName);
      const accuracies = accuracy.result();
      for (const [key, value] of accuracies) {
        if (key === this.#lastTrained) forgetting.updateInitial(key, value);
        else forgetting.updateLast(key, value);
      }
      const values = this.name === "CumulativeAccuracy" ? accuracies : forgetting.result();
      return [...values].map(([key, value]) => ({
        key: createMetricKey({ name: this.name, phase: "eval", streamName, experience: key }),
        value,
      }));
    });
  }

  save(): unknown {
    const byStream = [...this.#byStream].map(([stream, { accuracy, forgetting }]) => {
      return [stream, { accuracy: accuracy.save(), forgetting: forgetting.save() }];
    });
    return {
      lastTrained: this.#lastTrained,
      classesSeen: [...this.#classesSeen].map(([key, classes]) => [key, ...classes]),
      byStream: Object.fromEntries(byStream),
    };
  }

  restore(state: unknown): void {
    const act = `the saved state of ${this.name}`;
    const { lastTrained, classesSeen, byStream } = parseRecord(act, state);
    this.#lastTrained = parseOptionalNumber(act, lastTrained);
    this.#classesSeen.clear();
    for (const [key = 0, ...classes] of parseRows(act, classesSeen)) this.#classesSeen.set(key, classes);
    this.#byStream.clear();
    for (const [stream, saved] of Object.entries(parseRecord(act, byStream))) {
      const measures = this.#measuresOf(stream);
      const { accuracy, forgetting } = parseRecord(act, saved);
      measures.accuracy.restore(accuracy);
      measures.forgetting.restore(forgetting);
    }
  }

  #measuresOf(stream: string): StreamMeasures {
    let measures = this.#byStream.get(stream);
    if (!measures) {
      measures = { accuracy: new CumulativeAccuracy(), forgetting: new Forgetting() };
      this.#byStream.set(stream, measures);
    }
    return measures;
  }
}
