import { countColumns } from "../../evaluation/continual_measures.ts";
import { measureOf, startWithTitle } from "../../evaluation/measures.ts";
import type { ReportedRun } from "../reported_run.ts";
import { type Figure, shareColors } from "./figure.ts";

/** Pixels of a cell's side; smaller where there are many. */
function chooseCellSize(columns: number): number {
  return Math.max(18, Math.min(52, Math.floor(520 / Math.max(1, columns))));
}

/** The accuracy matrix of a run as a heat map; undefined before the first experience is evaluated. */
export function createAccuracyMatrixFigure(run: ReportedRun): Figure | undefined {
  const { experiences } = run;
  const columns = countColumns(experiences.map(({ testAccuracy }) => testAccuracy));
  if (columns === 0) return undefined;
  const names = listTestNames(run);
  const values = experiences.flatMap(({ index, name = `experience ${index}`, cutFrom, testAccuracy }, row) =>
    testAccuracy.map((accuracy, tested) => ({
      trained: `${row + 1}: ${cutFrom === undefined ? name : `a piece of ${names[cutFrom] ?? cutFrom}`}`,
      tested: names[tested] ?? tested,
      accuracy: Number.isNaN(accuracy) ? null : accuracy,
      isTrained: tested === (cutFrom ?? index),
    })),
  );
  const size = chooseCellSize(columns);
  const largest = Math.max(...experiences.flatMap(({ testAccuracy }) => testAccuracy.filter(Number.isFinite)));
  const measure = measureOf(run.measure ?? "accuracy");
  const format = measure.isShare ? ".0%" : ".3~g";
  const dark = measure.lowerIsBetter ? 0.55 * largest : 0.55;
  const hasRoom = size >= 34 || !measure.isShare;
  return {
    name: `accuracy-matrix-${slugify(run.name)}`,
    title: `${startWithTitle(measure)} matrix`,
    caption: `${startWithTitle(measure)} on each experience of the test stream (columns) after each trained experience (rows).`,
    spec: {
      data: { values },
      width: { step: size },
      height: { step: Math.min(size, 34) },
      encoding: {
        x: {
          field: "tested",
          type: "ordinal",
          title: "tested on experience",
          sort: null,
          axis: { orient: "top", labelAngle: run.testExperiences ? -45 : 0 },
        },
        y: { field: "trained", type: "ordinal", title: null, sort: null },
      },
      layer: [
        {
          mark: { type: "rect", cornerRadius: 2 },
          encoding: {
            color: {
              field: "accuracy",
              type: "quantitative",
              legend: null,
              scale: { ...(measure.lowerIsBetter ? {} : { domain: [0, 1], clamp: true }), range: shareColors },
            },
            stroke: { condition: { test: "datum.isTrained", value: "currentColor" }, value: null },
          },
        },
        {
          mark: { type: "text", fontSize: size >= 34 ? 12 : 9 },
          encoding: {
            text: hasRoom
              ? { field: "accuracy", type: "quantitative", format }
              : { field: "percent", type: "quantitative", format: "d" },
            color: { condition: { test: `datum.accuracy > ${dark}`, value: "#ffffff" }, value: "currentColor" },
          },
        },
      ],
      transform: [{ calculate: "round(datum.accuracy * 100)", as: "percent" }],
    },
  };
}

/** What the columns of a run's accuracy matrix are called; empty where they are numbers. */
function listTestNames({ testExperiences = [] }: ReportedRun): readonly string[] {
  return new Set(testExperiences).size === testExperiences.length ? testExperiences : [];
}

/** A name as a part of a file's name. */
export function slugify(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
}
