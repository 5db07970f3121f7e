import { elementAt } from "../../core/element_at.ts";
import { measureMeanAndDeviation } from "../../core/mean_and_deviation.ts";
import type { RunGroup } from "../group_runs.ts";
import type { MetricPoint, ReportedRun } from "../reported_run.ts";

/** A place of a line, with its band where several seeds have it. */
export interface LossPoint {
  readonly step: number;
  readonly loss: number;
  /** The mean less one deviation, not below 0 unless the mean is. */
  readonly low?: number;
  readonly high?: number;
}

/** A loss and where it was measured: the first value of experience 2, the second … */
interface PlacedLoss extends LossPoint {
  readonly place: string;
}

/**
 * The training loss of a group of runs, by minibatch where that was measured, smoothed, else by epoch, and the loss on
 * the test stream: means over seeds with bands of one standard deviation.
 */
export function measureLosses({ runs }: RunGroup): Readonly<Record<"training" | "test stream", readonly LossPoint[]>> {
  return {
    training: averageLines(runs.map(findTrained)),
    "test stream": averageLines(runs.map((run) => findPoints(run, "Loss_Stream/eval_phase/test_stream"))),
  };
}

function findTrained(run: ReportedRun): PlacedLoss[] {
  const minibatches = findPoints(run, "Loss_MB/train_phase/");
  return minibatches.length > 0 ? smooth(minibatches) : findPoints(run, "Loss_Epoch/train_phase/");
}

/** Places that every line has. Experiences of other seeds have other sizes, so their iterations are averaged, too. */
function averageLines([first = [], ...others]: readonly (readonly PlacedLoss[])[]): readonly LossPoint[] {
  if (others.length === 0) return first;
  const lines = others.map((line) => new Map(line.map((point) => [point.place, point])));
  return first.flatMap((point) => {
    const all = [point, ...lines.flatMap((line) => line.get(point.place) ?? [])];
    if (all.length <= others.length) return [];
    const { mean: loss, deviation } = measureMeanAndDeviation(all.map((other) => other.loss));
    const step = Math.round(measureMeanAndDeviation(all.map((other) => other.step)).mean);
    const low = loss < 0 ? loss - deviation : Math.max(0, loss - deviation);
    return [{ step, loss, low, high: loss + deviation }];
  });
}

/** The points of all keys that begin so, in order of steps. */
function findPoints({ metrics }: ReportedRun, prefix: string): PlacedLoss[] {
  const points = [...metrics].flatMap(([key, series]) => (key.startsWith(prefix) ? series : []));
  const counts = new Map<number | null, number>();
  return points
    .toSorted((a, b) => a.step - b.step)
    .flatMap(({ step, experience, value }: MetricPoint) => {
      const count = counts.get(experience) ?? 0;
      counts.set(experience, count + 1);
      const isDrawn = typeof value === "number" && Number.isFinite(value);
      return isDrawn ? [{ step, loss: value, place: `${experience} ${count}` }] : [];
    });
}

/** A moving mean over a fiftieth of the points, so that single minibatches do not hide the course. */
function smooth(points: readonly PlacedLoss[]): PlacedLoss[] {
  const width = Math.max(1, Math.ceil(points.length / 50));
  let sum = 0;
  return points.map(({ loss, ...point }, i) => {
    sum += loss;
    if (i >= width) sum -= elementAt(points, i - width).loss;
    return { ...point, loss: sum / Math.min(width, i + 1) };
  });
}
