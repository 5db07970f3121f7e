import type { ReportedRun } from "../reported_run.ts";
import { createColorScale, type Figure } from "./figure.ts";

/** Seconds of training and of evaluation, by experience for one run, in all for several; undefined before the first. */
export function createTimingFigure(runs: readonly ReportedRun[]): Figure | undefined {
  const [only, ...others] = runs;
  if (!only || runs.every(({ experiences }) => experiences.length === 0)) return undefined;
  const values =
    others.length > 0
      ? runs.flatMap(({ name, experiences }) => [
          { place: name, kind: "training", seconds: sum(experiences.map(({ trainSeconds }) => trainSeconds)) },
          { place: name, kind: "evaluation", seconds: sum(experiences.map(({ evalSeconds }) => evalSeconds)) },
        ])
      : only.experiences.flatMap(({ index, trainSeconds, evalSeconds }) => [
          { place: `experience ${index}`, kind: "training", seconds: trainSeconds },
          { place: `experience ${index}`, kind: "evaluation", seconds: evalSeconds },
        ]);
  const places = new Set(values.map(({ place }) => place)).size;
  return {
    name: "timing",
    title: "Time",
    caption: others.length > 0 ? "Seconds of the whole run." : "Seconds of each experience.",
    spec: {
      data: { values },
      width: 460,
      height: { step: places > 20 ? 14 : 26 },
      mark: { type: "bar", cornerRadius: 2 },
      encoding: {
        y: { field: "place", type: "nominal", title: null, sort: null },
        x: { field: "seconds", type: "quantitative", title: "seconds" },
        color: { field: "kind", type: "nominal", title: null, scale: createColorScale(["training", "evaluation"]) },
        order: { field: "kind", sort: "descending" },
      },
    },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
