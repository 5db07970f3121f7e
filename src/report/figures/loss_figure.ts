import { elementAt } from "../../core/element_at.ts";
import type { MetricPoint, ReportedRun } from "../reported_run.ts";
import { createColorScale, type Figure, thinOut } from "./figure.ts";

/** Points of a line; more are not seen. */
const MAX_POINTS = 400;
/**
 * Losses from here on are drawn on a logarithmic axis, with those below still seen: class means score what they never
 * saw at −1000, which is a loss of hundreds.
 */
const LARGE_LOSS = 30;
const LOGARITHMIC_TICKS = [0, 1, 3, 10, 30, 100, 300, 1000, 10_000, 100_000];

/**
 * The training loss (by minibatch where it was measured, else by epoch) and the loss on the test stream, a colour a
 * run.
 */
export function createLossFigure(runs: readonly ReportedRun[]): Figure | undefined {
  const values = runs.flatMap((run) => {
    const minibatches = findPoints(run, "Loss_MB/train_phase/");
    const epochs = findPoints(run, "Loss_Epoch/train_phase/");
    const trained = minibatches.length > 0 ? smooth(minibatches) : epochs;
    const tested = findPoints(run, "Loss_Stream/eval_phase/test_stream");
    const label = (kind: string) => (runs.length > 1 ? kind : `${kind} loss`);
    return [
      ...thinOut(trained, MAX_POINTS).map((point) => ({ ...point, run: run.name, kind: label("training") })),
      ...thinOut(tested, MAX_POINTS).map((point) => ({ ...point, run: run.name, kind: label("test stream") })),
    ];
  });
  if (values.length === 0) return undefined;
  const isCompared = runs.length > 1;
  const kinds = [...new Set(values.map(({ kind }) => kind))];
  const few = values.length < 200;
  const isWide = values.some(({ loss }) => loss >= LARGE_LOSS);
  return {
    name: "loss",
    title: "Loss",
    caption:
      "Training loss with the penalties of plugins, smoothed where every minibatch was measured, and loss on the test stream.",
    spec: {
      data: { values },
      width: 460,
      height: 220,
      mark: { type: "line", strokeWidth: 1.6, ...(few ? { point: { size: 24, filled: true } } : {}) },
      encoding: {
        x: { field: "step", type: "quantitative", title: "training iterations", scale: { zero: true, nice: false } },
        y: isWide
          ? {
              field: "loss",
              type: "quantitative",
              title: "loss (logarithmic)",
              scale: { type: "symlog" },
              axis: { values: LOGARITHMIC_TICKS },
            }
          : { field: "loss", type: "quantitative", title: "loss", scale: { zero: true } },
        color: isCompared
          ? { field: "run", type: "nominal", title: null, scale: createColorScale(runs.map(({ name }) => name)) }
          : { field: "kind", type: "nominal", title: null, scale: createColorScale(kinds) },
        ...(isCompared
          ? {
              strokeDash: {
                field: "kind",
                type: "nominal" as const,
                title: null,
                legend: { symbolType: "stroke", symbolSize: 400, symbolFillColor: "transparent" },
                scale: {
                  domain: kinds,
                  range: [
                    [1, 0],
                    [4, 3],
                  ],
                },
              },
            }
          : {}),
      },
    },
  };
}

interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/** The points of the first key that begins so, in order of steps. */
function findPoints({ metrics }: ReportedRun, prefix: string): LossPoint[] {
  const points: LossPoint[] = [];
  for (const [key, series] of metrics) {
    if (key.startsWith(prefix)) points.push(...series.flatMap(readPoint));
  }
  return points.sort((a, b) => a.step - b.step);
}

function readPoint({ step, value }: MetricPoint): LossPoint[] {
  return typeof value === "number" && Number.isFinite(value) ? [{ step, loss: value }] : [];
}

/** A moving mean over a fiftieth of the points, so that single minibatches do not hide the course. */
function smooth(points: readonly LossPoint[]): LossPoint[] {
  const width = Math.max(1, Math.ceil(points.length / 50));
  let sum = 0;
  return points.map(({ step, loss }, i) => {
    sum += loss;
    if (i >= width) sum -= elementAt(points, i - width).loss;
    return { step, loss: sum / Math.min(width, i + 1) };
  });
}
