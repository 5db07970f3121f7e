import { posix, relative, sep } from "node:path";
import { elementAt } from "../core/element_at.ts";
import { type MeanAndDeviation, measureMeanAndDeviation } from "../core/mean_and_deviation.ts";
import { type Measure, measureOf } from "../evaluation/measures.ts";
import { labelClasses, readClassNames } from "../runs/class_labels.ts";
import { type ComparedSetting, compareConfigs } from "./flatten_config.ts";
import {
  formatCount,
  formatDifference,
  formatDuration,
  formatForgetting,
  formatMeasured,
  formatSize,
  formatValue,
} from "./formats.ts";
import type { RunGroup } from "./group_runs.ts";
import { type Html, html } from "./html.ts";
import type { ReportedExperience, ReportedRun } from "./reported_run.ts";

interface SummaryColumn {
  readonly title: string;
  readonly of: (run: ReportedRun) => number | undefined;
  readonly format: (measure: Measure) => (measured: MeanAndDeviation) => string;
  /** 1 where more is better, −1 where less is, 0 where nothing is. */
  readonly sign: 1 | -1 | 0;
}

/** Columns for runs of one measure, with its name; of several measures no value is better than another. */
function createColumns(groups: readonly RunGroup[]): readonly SummaryColumn[] {
  const names = new Set(groups.flatMap(({ runs }) => runs.map(({ measure = "accuracy" }) => measure)));
  const [first = "accuracy"] = names;
  const title = names.size > 1 ? "measure" : measureOf(first).title;
  const sign = names.size > 1 ? 0 : measureOf(first).lowerIsBetter ? -1 : 1;
  const of = (measure: Measure) => (measured: MeanAndDeviation) => formatMeasured(measured, measure);
  const forgetting = names.size > 1 ? 0 : -1;
  const transfer = names.size > 1 ? 0 : 1;
  return [
    { title: `stream ${title}`, of: ({ final }) => final?.streamAccuracy, format: of, sign },
    { title: `average ${title}`, of: ({ final }) => final?.averageAccuracy, format: of, sign },
    {
      title: "forgetting",
      of: ({ final }) => final?.averageForgetting,
      format: (measure) => (measured) => formatForgetting(measured, measure),
      sign: forgetting,
    },
    { title: "backward transfer", of: ({ final }) => final?.backwardTransfer, format: of, sign: transfer },
    {
      title: "examples/s",
      of: ({ trainExamplesPerSecond }) => trainExamplesPerSecond,
      format:
        () =>
        ({ mean }) =>
          Number.isNaN(mean) ? "–" : formatCount(mean),
      sign: 1,
    },
  ];
}

/** The figures that sum up each group of runs, mean ± standard deviation, the best mean of each column in bold. */
export function createSummaryTable(groups: readonly RunGroup[]): Html {
  const shown = createColumns(groups);
  const columns = shown.map(({ of, format, sign }) => {
    const cells = groups.map(({ runs }) => measureMeanAndDeviation(runs.flatMap((run) => of(run) ?? [])));
    const means = cells.flatMap(({ mean }) => (Number.isNaN(mean) ? [] : [mean * sign]));
    return { cells, format, best: groups.length > 1 && sign !== 0 ? Math.max(...means) * sign : undefined };
  });
  const rows = groups.map(({ name, runs }, i) => {
    const measure = measureOf(runs[0]?.measure ?? "accuracy");
    const cells = columns.map(({ cells, format, best }) => {
      const cell = elementAt(cells, i);
      return html`<td class="number${cell.mean === best ? " best" : ""}">${format(measure)(cell)}</td>`;
    });
    const most = Math.max(...runs.map(({ experiences }) => experiences.length));
    return html`<tr><th scope="row">${name}</th><td>${createStati(runs)}</td>${cells}<td class="number">${most}</td></tr>`;
  });
  const headings = shown.map(({ title }) => html`<th scope="col" class="number">${title}</th>`);
  const isGrouped = groups.some(({ runs }) => runs.length > 1);
  const means = isGrouped ? " Mean ± standard deviation over runs that differ in their seed alone." : "";
  return html`<div class="card table wide"><table><caption>After the newest experience of each run; the best of each column in bold.${means}</caption>
<thead><tr><th scope="col">run</th><th scope="col">status</th>${headings}<th scope="col" class="number">experiences</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** A badge for each status, with the number of its runs where there are several. */
function createStati(runs: readonly ReportedRun[]): Html {
  const badges = [...new Set(runs.map(({ status }) => status))].map((status) => {
    const some = runs.filter((run) => run.status === status);
    return html`${createStatus(elementAt(some, 0))}${runs.length > 1 ? ` × ${some.length} ` : ""}`;
  });
  return html`${badges}`;
}

/** What each experience of a run came to, with its exported model; links are relative to `folder`, the page's own. */
export function createExperienceTable(run: ReportedRun, folder: string): Html {
  const classNames = readClassNames(run.config);
  const measure = measureOf(run.measure ?? "accuracy");
  const hasClasses = measure.compare === undefined;
  const areNamed = run.experiences.some(({ name }) => name !== undefined);
  const rows = run.experiences.map(
    (
      experience,
    ) => html`<tr><td class="number">${experience.index}</td>${hasClasses ? html`<td>${describeClasses(labelClasses(experience, classNames))}</td>` : ""}${areNamed ? html`<td>${experience.name ?? ""}</td>` : ""}
<td class="number">${formatCount(experience.examples)}</td><td class="number">${experience.epochs}</td>
<td class="number">${formatDuration(experience.trainSeconds)}</td><td class="number">${formatDuration(experience.evalSeconds)}</td>
<td class="number">${formatValue(experience.streamAccuracy, measure)}</td>${createModelCells(experience, run, folder)}</tr>`,
  );
  const figures = ["examples", "epochs", "training", "evaluation", `stream ${measure.title}`];
  const headings = ["experience", ...(hasClasses ? ["classes"] : []), ...(areNamed ? ["name"] : []), ...figures].map(
    (title) => {
      const isText = title === "classes" || title === "name";
      return html`<th scope="col"${isText ? "" : html` class="number"`}>${title}</th>`;
    },
  );
  return html`<div class="card table wide"><table><thead><tr>${headings}<th scope="col">model</th><th scope="col" class="number">largest difference</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** The settings of all runs; those in which they differ come first and are marked. */
export function createConfigTable(runs: readonly ReportedRun[]): Html {
  const settings = compareConfigs(runs.map(({ config }) => config));
  if (runs.length === 1) return createSettings(settings);
  const ordered = [...settings.filter(({ isDifferent }) => isDifferent), ...settings.filter((s) => !s.isDifferent)];
  const rows = ordered.map(
    ({ key, values, isDifferent }) =>
      html`<tr${isDifferent ? html` class="different"` : ""}><th scope="row"><code>${key}</code></th>${values.map((value) => html`<td>${value ?? "–"}</td>`)}</tr>`,
  );
  const headings = runs.map(({ name }) => html`<th scope="col">${name}</th>`);
  return html`<div class="card table"><table><caption>Settings that differ come first.</caption><thead><tr><th scope="col">setting</th>${headings}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function createSettings(settings: readonly ComparedSetting[]): Html {
  const entries = settings.map(
    ({ key, values }) => html`<div><code>${key}</code><span>${values[0] ?? "–"}</span></div>`,
  );
  return html`<div class="card settings">${entries}</div>`;
}

/** A run's status as a badge. */
export function createStatus({ status }: ReportedRun): Html {
  return html`<span class="status ${status}">${status}</span>`;
}

function createModelCells({ onnx }: ReportedExperience, run: ReportedRun, folder: string): Html {
  if (!onnx) return html`<td class="faint">not exported</td><td class="number">–</td>`;
  const difference = formatDifference(onnx.maxAbsoluteDifference);
  if (onnx.sizeBytes === undefined) {
    return html`<td class="faint">${onnx.path} (gone)</td><td class="number">${difference}</td>`;
  }
  const place = posix.join(relative(folder, run.folder).split(sep).map(encodeURIComponent).join("/"), onnx.path);
  return html`<td><a href="${place}">${onnx.path}</a> <span class="faint">${formatSize(onnx.sizeBytes)}</span></td><td class="number">${difference}</td>`;
}

/** The labels, or how many there are where they are many. */
function describeClasses(labels: readonly string[]): string {
  return labels.length > 12 ? `${labels.length} classes` : labels.join(", ");
}
