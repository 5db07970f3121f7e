import { groupRuns } from "../group_runs.ts";
import type { ReportedRun } from "../reported_run.ts";
import { BAND_CAPTION, createColorScale, type Figure, thinOut } from "./figure.ts";
import { measureLosses } from "./loss_lines.ts";

const CAPTION =
  "Training loss with the penalties of plugins, smoothed where every minibatch was measured, and loss on the test stream.";

/** Points of a line; more are not seen. */
const MAX_POINTS = 400;
/**
 * Losses from here on are drawn on a logarithmic axis, with those below still seen: class means score what they never
 * saw at −1000, which is a loss of hundreds.
 */
const LARGE_LOSS = 30;
const LOGARITHMIC_TICKS = [0, 1, 3, 10, 30, 100, 300, 1000, 10_000, 100_000];

/**
 * The training loss and the loss on the test stream, a colour a run. Runs that differ in their seed alone are one, with
 * a band.
 */
export function createLossFigure(runs: readonly ReportedRun[]): Figure | undefined {
  const groups = groupRuns(runs);
  const isCompared = groups.length > 1;
  const values = groups.flatMap((group) =>
    Object.entries(measureLosses(group)).flatMap(([loss, points]) => {
      const kind = isCompared ? loss : `${loss} loss`;
      return thinOut(points, MAX_POINTS).map((point) => ({ ...point, run: group.name, kind }));
    }),
  );
  if (values.length === 0) return undefined;
  const kinds = [...new Set(values.map(({ kind }) => kind))];
  const isBanded = groups.some((group) => group.runs.length > 1);
  const isWide = values.some(({ loss, high = loss }) => high >= LARGE_LOSS);
  return {
    name: "loss",
    title: "Loss",
    caption: isBanded ? `${CAPTION} ${BAND_CAPTION}` : CAPTION,
    spec: {
      data: { values },
      width: 460,
      height: 220,
      layer: [
        ...(isBanded ? [layerLossBands(isWide)] : []),
        layerLines(kinds, { isCompared, few: values.length < 200 }),
      ],
      encoding: {
        x: { field: "step", type: "quantitative", title: "training iterations", scale: { zero: true, nice: false } },
        y: { field: "loss", ...describeLossAxis(isWide) },
        color: {
          ...(isCompared
            ? { field: "run", scale: createColorScale(groups.map(({ name }) => name)) }
            : { field: "kind", scale: createColorScale(kinds) }),
          type: "nominal",
          title: null,
          // Bands are hardly coloured; the legend is of the lines.
          legend: { symbolOpacity: 1 },
        },
      },
    },
  };
}

function describeLossAxis(isWide: boolean) {
  const type = "quantitative" as const;
  if (!isWide) return { type, title: "loss", scale: { zero: true } };
  return { type, title: "loss (logarithmic)", scale: { type: "symlog" as const }, axis: { values: LOGARITHMIC_TICKS } };
}

/** Lines of both losses: where runs are compared by colour, the losses are told apart by dashes. */
function layerLines(kinds: readonly string[], { isCompared, few }: { isCompared: boolean; few: boolean }) {
  const mark = { type: "line" as const, strokeWidth: 1.6, ...(few ? { point: { size: 24, filled: true } } : {}) };
  if (!isCompared) return { mark };
  const strokeDash = {
    field: "kind",
    type: "nominal" as const,
    title: null,
    legend: { symbolType: "stroke", symbolSize: 400, symbolFillColor: "transparent" },
    scale: {
      domain: [...kinds],
      range: [
        [1, 0],
        [4, 3],
      ],
    },
  };
  return { mark, encoding: { strokeDash } };
}

/** A band for each loss of each run. */
function layerLossBands(isWide: boolean) {
  return {
    transform: [{ filter: "isValid(datum.low)" }],
    mark: { type: "area" as const, opacity: 0.2, clip: true },
    encoding: {
      y: { field: "low", ...describeLossAxis(isWide) },
      y2: { field: "high" },
      detail: { field: "kind", type: "nominal" as const },
    },
  };
}
