import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { findOrCreate } from "../../../core/find_or_create.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { declareState, made, mapById } from "../../../core/state/state.ts";
import type { TargetKind } from "../../../data/float_targets.ts";
import { groupPositions } from "../../../data/group_positions.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import { createReportingMetric, type MetricSpans, type PluginMetric } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";

/** A number for each task label that was met; labels ascend. */
export type ByTask = ReadonlyMap<number, number>;

/** A metric of one number for each task label, made when the label is first met. */
export class TaskMeasures<Measure extends Metric<number>> implements Metric<ByTask> {
  readonly #create: () => Measure;
  readonly #state;
  readonly save;
  readonly restore;

  /** @param owner Whose they are, for messages. */
  constructor(owner: string, create: () => Measure) {
    this.#create = create;
    this.#state = declareState(owner, { tasks: mapById(made(create)) });
    this.save = this.#state.save;
    this.restore = this.#state.restore;
  }

  /** The measure of a task label. */
  at(taskLabel: number): Measure {
    return findOrCreate(this.#state.tasks, taskLabel, this.#create);
  }

  /** The number of a task label; what it is without samples where the label was not met. */
  resultOf(taskLabel: number): number {
    return (this.#state.tasks.get(taskLabel) ?? this.#create()).result();
  }

  result(): ByTask {
    const ascending = [...this.#state.tasks].sort(([a], [b]) => a - b);
    return new Map(ascending.map(([taskLabel, measure]) => [taskLabel, measure.result()]));
  }

  /** Forgets every task label, or what was measured of one. */
  reset(taskLabel?: number): void {
    if (taskLabel === undefined) this.#state.reset();
    else this.#state.tasks.get(taskLabel)?.reset();
  }
}

/** A minibatch's rows of one task label. */
export interface TaskRows {
  readonly taskLabel: number;
  /** [b, C] */
  readonly logits: HostTensor;
  /** [b] */
  readonly y: Int32Array;
}

/**
 * Splits a minibatch by task labels: those [B] of its samples, or the one of all.
 * @throws {RangeError} If there is not one label a sample.
 */
export function splitByTask(logits: HostTensor, y: Int32Array, taskLabels: Int32Array | number): TaskRows[] {
  if (typeof taskLabels === "number") return [{ taskLabel: taskLabels, logits, y }];
  if (taskLabels.length !== y.length) {
    throw new RangeRefusal(needs("a measure by task", `${y.length} task labels`, taskLabels.length));
  }
  return [...groupPositions(taskLabels)].map(([taskLabel, rows]) => ({
    taskLabel,
    logits: takeRows(logits, rows),
    y: rows.map((row) => elementAt(y, row)),
  }));
}

/** Some rows of a matrix [B, D]. The caller owns the result. */
export function takeRows({ data, shape }: HostTensor, rows: Int32Array): HostTensor {
  const width = shape[1] ?? 1;
  const taken = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) taken.set(data.subarray(row * width, (row + 1) * width), i * width);
  return { data: taken, shape: [rows.length, width] };
}

/** A measure by task and how a strategy feeds it. */
export interface FedTaskMeasures {
  readonly metric: Metric<ByTask>;
  readonly update: (strategy: EvaluatedStrategy) => void;
  /** The kinds of targets that it is about. Default: any. */
  readonly targets?: readonly TargetKind[];
}

/** The plugin metric of a measure by task: one value a task label, under the label's key. */
export function createTaskMetric(name: string, fed: FedTaskMeasures, spans: MetricSpans): PluginMetric {
  const withExperience = spans.emitAt === "experience" && spans.mode === "eval";
  return createReportingMetric({
    name,
    ...fed,
    ...spans,
    report: (values, { experience, isTraining }) =>
      [...values].map(([taskLabel, value]): MetricReading => {
        const key = createMetricKey({
          name,
          phase: isTraining ? "train" : "eval",
          streamName: experience.originStream.name,
          taskLabel,
          experience: withExperience ? experience.currentExperience : undefined,
        });
        return { key, value };
      }),
  });
}
