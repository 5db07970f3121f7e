import { summarizeExperiences } from "../runs/summary/run_summary.ts";
import { averageRuns } from "./average_runs.ts";
import {
  createExperienceAccuracyFigure,
  createForgettingFigure,
  createStreamAccuracyFigure,
} from "./figures/accuracy_figures.ts";
import { createAccuracyMatrixFigure } from "./figures/accuracy_matrix_figure.ts";
import { createConfusionMatrixFigure } from "./figures/confusion_matrix_figure.ts";
import type { Figure } from "./figures/figure.ts";
import { createLossFigure } from "./figures/loss_figure.ts";
import { createTimingFigure } from "./figures/timing_figure.ts";
import { groupRuns, type RunGroup } from "./group_runs.ts";
import type { ReportedRun } from "./reported_run.ts";

/** Figures of one run, under its name, or of all. */
export interface FigureGroup {
  /** Undefined for those of all runs. */
  readonly run: ReportedRun | undefined;
  readonly figures: readonly Figure[];
}

/**
 * What there is to draw of these runs: what compares them first, then each run's own. Runs that differ in their seed
 * alone are drawn as one, by their means.
 */
export function listFigures(runs: readonly ReportedRun[]): FigureGroup[] {
  const groups = groupRuns(runs);
  const shown = groups.map(averageRuns);
  const shared = [
    createStreamAccuracyFigure(runs),
    createForgettingFigure(runs, measureForgetting),
    createLossFigure(runs),
    tellMeans(createTimingFigure(shown), groups),
  ];
  const own = shown.map((run, i) => ({
    run,
    figures: [createAccuracyMatrixFigure(run), createExperienceAccuracyFigure(run), createConfusionMatrixFigure(run)]
      .map((figure) => tellMeans(figure, groups.slice(i, i + 1)))
      .filter(isThere),
  }));
  return [{ run: undefined, figures: shared.filter(isThere) }, ...own];
}

/** Says so where a figure is of means. */
function tellMeans(figure: Figure | undefined, groups: readonly RunGroup[]): Figure | undefined {
  if (!figure || groups.every(({ runs }) => runs.length === 1)) return figure;
  return { ...figure, caption: `${figure.caption} Means over seeds.` };
}

/** Average forgetting after each trained experience. */
export function measureForgetting({ experiences, measure }: ReportedRun): number[] {
  return experiences.map((_, row) => summarizeExperiences(experiences.slice(0, row + 1), measure).averageForgetting);
}

function isThere(figure: Figure | undefined): figure is Figure {
  return figure !== undefined;
}
