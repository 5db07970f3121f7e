import { countColumns } from "../../evaluation/continual_measures.ts";
import { type Measure, measureOf, startWithTitle } from "../../evaluation/measures.ts";
import { measurePlaces } from "../average_runs.ts";
import { groupRuns } from "../group_runs.ts";
import type { ReportedRun } from "../reported_run.ts";
import { slugify } from "./accuracy_matrix_figure.ts";
import { BAND_CAPTION, createColorScale, type Figure, layerBands, layerRuns, plainAxis, shareAxis } from "./figure.ts";

const plotSize = { width: 460, height: 220 } as const;

/** The x axis of figures over trained experiences. */
function countAxis(runs: readonly ReportedRun[]) {
  const most = Math.max(1, ...runs.map(({ experiences }) => experiences.length));
  const values = Array.from({ length: most }, (_, i) => i + 1);
  return { ...(most > 20 ? {} : { values }), format: "d", labelOverlap: true };
}

/** How the accuracy on each experience of the test stream went over training; undefined before the first. */
export function createExperienceAccuracyFigure(run: ReportedRun): Figure | undefined {
  const { experiences } = run;
  const measure = measureOf(run.measure ?? "accuracy");
  const columns = countColumns(experiences.map(({ testAccuracy }) => testAccuracy));
  if (columns === 0) return undefined;
  const names = Array.from({ length: columns }, (_, i) => run.testExperiences?.[i] ?? `experience ${i}`);
  const values = experiences.flatMap(({ testAccuracy }, row) =>
    testAccuracy.flatMap((accuracy, tested) =>
      Number.isNaN(accuracy) ? [] : [{ trained: row + 1, experience: names[tested], accuracy }],
    ),
  );
  return {
    name: `experience-accuracy-${slugify(run.name)}`,
    title: `${startWithTitle(measure)} on each experience over time`,
    caption: "What each experience's test samples score while later ones are trained.",
    spec: {
      data: { values },
      ...plotSize,
      mark: { type: "line", point: { size: 36, filled: true }, strokeWidth: 2 },
      encoding: {
        x: {
          field: "trained",
          type: "quantitative",
          title: "experiences trained",
          axis: countAxis([run]),
          scale: { zero: false, nice: false },
        },
        y: { field: "accuracy", type: "quantitative", title: measure.title, ...scaleOf(measure) },
        color: { field: "experience", type: "nominal", title: null, sort: names, scale: createColorScale(names) },
      },
    },
  };
}

/** The accuracy on the whole test stream after each experience, a line a run; undefined before the first experience. */
export function createStreamAccuracyFigure(runs: readonly ReportedRun[]): Figure | undefined {
  const measure = findMeasure(runs);
  return createRunLines(runs, {
    name: "stream-accuracy",
    title: `${startWithTitle(measure)} on the whole test stream`,
    caption: "After each trained experience; every sample weighs the same.",
    axisTitle: measure.title,
    axis: scaleOf(measure),
    valuesOf: ({ experiences }) => experiences.map(({ streamAccuracy }) => streamAccuracy),
  });
}

/** Average forgetting after each experience, a line a run; undefined before the second experience. */
export function createForgettingFigure(
  runs: readonly ReportedRun[],
  measure: (run: ReportedRun) => readonly number[],
): Figure | undefined {
  if (runs.every(({ experiences }) => experiences.length < 2)) return undefined;
  const { title, lowerIsBetter, isShare } = findMeasure(runs);
  const [before, now] = [`${title} when an experience had just been learned`, `${title} now`];
  const [first, second] = lowerIsBetter ? [now, before] : [before, now];
  const gain = lowerIsBetter ? "fell" : "rose";
  const caption = `${first} minus ${second}, the mean over earlier experiences; below 0 where it ${gain}.`;
  return createRunLines(runs, {
    name: "forgetting",
    title: "Average forgetting",
    caption: `${caption.slice(0, 1).toUpperCase()}${caption.slice(1)}`,
    axisTitle: "forgetting",
    axis: { axis: isShare ? shareAxis : plainAxis },
    valuesOf: measure,
  });
}

/** The measure of all runs; where they differ, a number without a name. */
function findMeasure(runs: readonly ReportedRun[]): Pick<Measure, "title" | "isShare" | "lowerIsBetter"> {
  const names = new Set(runs.map(({ measure = "accuracy" }) => measure));
  const [name = "accuracy"] = names;
  return names.size > 1 ? { title: "measure", isShare: false, lowerIsBetter: false } : measureOf(name);
}

/** The axis of a measure. */
function scaleOf({ isShare }: Pick<Measure, "isShare">): {
  readonly axis: typeof shareAxis | typeof plainAxis;
  readonly scale?: { readonly domain: [number, number] };
} {
  return isShare ? { axis: shareAxis, scale: { domain: [0, 1] } } : { axis: plainAxis };
}

interface RunLines {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly axisTitle: string;
  readonly axis: ReturnType<typeof scaleOf>;
  /** One number a trained experience. */
  readonly valuesOf: (run: ReportedRun) => readonly number[];
}

function createRunLines(runs: readonly ReportedRun[], lines: RunLines): Figure | undefined {
  const groups = groupRuns(runs);
  const values = groups.flatMap((group) =>
    measurePlaces(group.runs.map(lines.valuesOf)).flatMap(({ mean: value, deviation }, i) => {
      if (Number.isNaN(value)) return [];
      const band = Number.isNaN(deviation) ? {} : { low: value - deviation, high: value + deviation };
      return [{ trained: i + 1, run: group.name, value, ...band }];
    }),
  );
  if (values.length === 0) return undefined;
  const names = groups.map(({ name }) => name);
  const banded = groups.filter((group) => group.runs.length > 1).map(({ name }) => name);
  const isCompared = groups.length > 1;
  return {
    name: lines.name,
    title: lines.title,
    caption: banded.length > 0 ? `${lines.caption} ${BAND_CAPTION}` : lines.caption,
    spec: {
      data: { values },
      ...plotSize,
      layer: [...layerBands(banded), ...layerRuns(names)],
      encoding: {
        x: {
          field: "trained",
          type: "quantitative",
          title: "experiences trained",
          axis: countAxis(runs),
          scale: { zero: false, nice: false },
        },
        y: {
          field: "value",
          type: "quantitative",
          title: lines.axisTitle,
          ...lines.axis,
        },
        color: {
          field: "run",
          type: "nominal",
          title: null,
          scale: createColorScale(names),
          // Bands are hardly coloured; the legend is of the lines.
          legend: isCompared ? { symbolOpacity: 1 } : null,
        },
      },
    },
  };
}
