import { elementAt } from "../../../core/element_at.ts";
import { findOrCreate } from "../../../core/find_or_create.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { count, declareState, list, made, mapById, mapByName, optional, record } from "../../../core/state/state.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import { findOriginNumber } from "../../../streams/lineage.ts";
import { isOnlineExperience } from "../../../streams/online_experience.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";
import { readClassCount } from "../predictions.ts";
import { Forgetting } from "../transfer/forgetting.ts";
import { listStreams } from "../transfer/transfer_metric.ts";

const COUNTED = record({ correct: count(), total: count() });

/**
 * For each trained experience t, the accuracy on samples of the classes seen up to t, where only these classes may be
 * predicted: what was lost by forgetting, apart from what new classes take away.
 * @see Soutif-Cormerais et al. 2021, arXiv:2106.11930
 */
export class CumulativeAccuracy implements Metric<ReadonlyMap<number, number>> {
  readonly #state = declareState("cumulative accuracies", { counts: mapById(COUNTED) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B]; `classesSeen` has the classes seen up to each experience.
   * All are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array, classesSeen: ReadonlyMap<number, readonly number[]>): void {
    const width = readClassCount("count cumulative accuracy", logits, y);
    for (const [experience, seen] of classesSeen) {
      const counted = findOrCreate(this.#state.counts, experience, () => COUNTED.create());
      const allowed = new Set(seen);
      const columns = [...allowed].filter((label) => label < width).sort((a, b) => a - b);
      for (let row = 0; row < y.length; row++) {
        const label = elementAt(y, row);
        if (!allowed.has(label)) continue;
        counted.total += 1;
        if (findLargestOf(logits.data, row * width, columns) === label) counted.correct += 1;
      }
    }
  }

  /** By experience; 0 where no sample was counted. */
  result(): ReadonlyMap<number, number> {
    return new Map(
      [...this.#state.counts].map(([key, { correct, total }]) => [key, total === 0 ? 0 : correct / total]),
    );
  }
}

/** The column at which the row that starts at `start` is largest, the first of equals; −1 where one of them is NaN. */
function findLargestOf(values: Float32Array, start: number, columns: readonly number[]): number {
  let best = -1;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (const column of columns) {
    const value = values[start + column] ?? Number.NaN;
    if (Number.isNaN(value)) return -1;
    if (best < 0 || value > bestValue) {
      best = column;
      bestValue = value;
    }
  }
  return best;
}

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
 * from Avalanche, which subtracts from the first evaluation, even in the middle of that experience's training.
 */
export function cumulativeForgettingMetrics(options: Readonly<Record<string, never>> = {}): PluginMetric[] {
  assertOptions("cumulativeForgettingMetrics", options, {});
  return [new CumulativeAccuracyMetric("CumulativeForgetting")];
}

const MEASURES = record({ accuracy: made(() => new CumulativeAccuracy()), forgetting: made(() => new Forgetting()) });

class CumulativeAccuracyMetric implements PluginMetric {
  readonly name: "CumulativeAccuracy" | "CumulativeForgetting";
  readonly targets = CLASSES_ONLY;
  readonly #state = declareState("a cumulative accuracy", {
    lastTrained: optional(count()),
    classesSeen: mapById(list(count())),
    byStream: mapByName(MEASURES),
  });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  constructor(name: "CumulativeAccuracy" | "CumulativeForgetting") {
    this.name = name;
  }

  beforeTrainingExp({ experience }: EvaluatedStrategy): undefined {
    const origin = findOriginNumber(experience);
    // A piece that passes from one experience to the next has classes of both.
    const { classesInThisExperience } = isOnlineExperience(experience) ? experience.originExperience : experience;
    const { lastTrained, classesSeen } = this.#state;
    const seen = lastTrained === undefined ? [] : (classesSeen.get(lastTrained) ?? []);
    classesSeen.set(origin, [...new Set([...seen, ...classesInThisExperience])]);
    this.#state.lastTrained = origin;
  }

  beforeEval(): undefined {
    for (const { accuracy, forgetting } of this.#state.byStream.values()) {
      accuracy.reset();
      forgetting.resetLast();
    }
  }

  afterEvalIteration({ experience, mbOutput, mbY }: EvaluatedStrategy): undefined {
    this.#measuresOf(experience.originStream.name).accuracy.update(mbOutput, mbY, this.#state.classesSeen);
  }

  afterEval({ currentEvalStream }: EvaluatedStrategy): MetricReading[] | undefined {
    return listStreams(currentEvalStream).flatMap(({ originStream: { name: streamName } }) => {
      const { accuracy, forgetting } = this.#measuresOf(streamName);
      const accuracies = accuracy.result();
      for (const [key, value] of accuracies) {
        if (key === this.#state.lastTrained) forgetting.updateInitial(key, value);
        else forgetting.updateLast(key, value);
      }
      const values = this.name === "CumulativeAccuracy" ? accuracies : forgetting.result();
      return [...values].map(([key, value]) => ({
        key: createMetricKey({ name: this.name, phase: "eval", streamName, experience: key }),
        value,
      }));
    });
  }

  #measuresOf(stream: string) {
    return findOrCreate(this.#state.byStream, stream, () => MEASURES.create());
  }
}
