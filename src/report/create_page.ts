import { createHash } from "node:crypto";
import { type MeasureName, measureOf } from "../evaluation/measures.ts";
import { averageRuns } from "./average_runs.ts";
import type { Figure } from "./figures/figure.ts";
import { formatCount, formatForgetting, formatPercent, formatValue } from "./formats.ts";
import { groupRuns, type RunGroup } from "./group_runs.ts";
import { type Html, html, keepHtml } from "./html.ts";
import { listFigures } from "./list_figures.ts";
import { PAGE_STYLE } from "./page_style.ts";
import { renderFigure } from "./render_figure.ts";
import type { ReportedRun } from "./reported_run.ts";
import { createConfigTable, createExperienceTable, createStatus, createSummaryTable } from "./tables.ts";

/** Where a page will stand, and what is added to it. */
export interface PageOptions {
  /** The folder of the page, absolute: links to models are relative to it. */
  readonly folder: string;
  /** A script that goes with the page. */
  readonly script?: string;
}

/** One HTML page on one run, or on several side by side. It needs nothing from outside itself but the linked models. */
export async function createPage(runs: readonly ReportedRun[], { folder, script }: PageOptions): Promise<string> {
  return completePage(runs, { main: await createPageBody(runs, folder), script });
}

/** What stands in a page. */
export interface PageParts {
  /** The `main` element, which `createPageBody` made of the same runs. */
  readonly main: Html;
  readonly script?: string | undefined;
  /** What a run that is followed is doing; undefined for pages that are not live. */
  readonly progress?: string | undefined;
}

/** The page around its `main` element. */
export function completePage(runs: readonly ReportedRun[], { main, script, progress }: PageParts): string {
  const title = runs.map(({ name }) => name).join(", ");
  const element = script === undefined ? "" : html`<script>${keepHtml(script)}</script>`;
  const live =
    progress === undefined
      ? ""
      : html`<p id="progress" role="status">${progress}</p>
`;
  return `${
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${describePolicy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Firn</title>
<style>${keepHtml(PAGE_STYLE)}</style>
</head>
<body>
${live}${main}
${element}</body>
</html>`.text
  }\n`;
}

/** What a browser may do with the page: the one script runs and nothing else, whatever a run's files hold. */
function describePolicy(script: string | undefined): string {
  const always = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
  if (script === undefined) return always;
  const digest = createHash("sha256").update(script).digest("base64");
  return `${always}; script-src 'sha256-${digest}'; connect-src 'self'`;
}

/** The `main` element of the page. */
export async function createPageBody(runs: readonly ReportedRun[], folder: string): Promise<Html> {
  const drawn = await Promise.all(
    listFigures(runs).map(async ({ run, figures }) => ({ run, figures: await Promise.all(figures.map(createFigure)) })),
  );
  const groups = groupRuns(runs);
  return html`<main>
${createHeader(runs, groups.length)}
${runs.length > 1 ? createComparison(drawn, { groups, folder }) : createSingle(drawn, folder)}
<h2>Configuration</h2>
${createConfigTable(groups.map(averageRuns))}
</main>`;
}

interface DrawnGroup {
  readonly run: ReportedRun | undefined;
  readonly figures: readonly Html[];
}

/** A run's own figures first: the accuracy matrix is what people look for. */
function createSingle(groups: readonly DrawnGroup[], folder: string): Html {
  const [shared, own] = groups;
  const run = own?.run;
  if (!run) return html``;
  const figures = [...own.figures, ...(shared?.figures ?? [])];
  return html`${createTiles(run)}
<h2>Course of training</h2>
${createFigures(figures)}
${createExperiences("Experiences", run, folder)}`;
}

function createComparison(
  [shared, ...own]: readonly DrawnGroup[],
  { groups, folder }: { readonly groups: readonly RunGroup[]; readonly folder: string },
): Html {
  const sections = own.map(({ run, figures }, i) => {
    if (!run || figures.length === 0) return html``;
    const isMean = (groups[i]?.runs.length ?? 0) > 1;
    return html`<h2>${run.name}</h2>${createFigures(figures)}${isMean ? "" : createExperiences(undefined, run, folder)}`;
  });
  const runs = groups.flatMap((group) => group.runs);
  const single = runs.map((run) => ({ name: run.name, runs: [run] }));
  const everyRun = groups.length < runs.length ? html`<h2>Every run</h2>${createSummaryTable(single)}` : "";
  return html`${createSummaryTable(groups)}
<h2>All runs</h2>
${createFigures(shared?.figures ?? [])}
${sections}${everyRun}`;
}

function createFigures(figures: readonly Html[]): Html {
  if (figures.length === 0) return html`<p class="faint">No experience is finished yet.</p>`;
  return html`<div class="figures">${figures}</div>`;
}

function createExperiences(heading: string | undefined, run: ReportedRun, folder: string): Html {
  if (run.experiences.length === 0) return html``;
  const table = createExperienceTable(run, folder);
  return heading === undefined ? table : html`<h2>${heading}</h2>${table}`;
}

function createHeader(runs: readonly ReportedRun[], groups: number): Html {
  const [only, ...others] = runs;
  if (!only || others.length > 0)
    return html`<header><h1>${countRuns(runs.length, groups)}</h1></header>${runs.map(createNotice)}`;
  const { config } = only;
  return html`<header><h1>${only.name}</h1>${createStatus(only)}<p class="faint">${describeConfig(config)}</p></header>${createNotice(only)}`;
}

function countRuns(runs: number, groups: number): string {
  if (groups === runs) return `${runs} runs compared`;
  return groups === 1 ? `${runs} runs of one configuration` : `${runs} runs of ${groups} configurations compared`;
}

/** What a reader must know of a run that is not whole. */
function createNotice(run: ReportedRun): Html | undefined {
  const done = run.experiences.length === 1 ? "1 experience is" : `${run.experiences.length} experiences are`;
  switch (run.status) {
    case "finished":
      return undefined;
    case "running":
      return html`<p class="notice">${run.name} is not finished: ${done} done so far.</p>`;
    case "interrupted":
      return html`<p class="notice">${run.name} was interrupted: ${done} done. <code>train --resume</code> goes on with it.</p>`;
    case "failed":
      return html`<p class="notice failed">${run.name} failed after ${run.experiences.length} experiences: <code>${run.error ?? "no reason was kept"}</code></p>`;
  }
}

function createTiles(run: ReportedRun): Html {
  const { final, trainExamplesPerSecond: speed, experiences, parametersHash } = run;
  const tiles: readonly (readonly [string, string])[] = [
    ...(final ? listFinal(final, run.measure) : listTraining(run)),
    ["experiences trained", String(experiences.length)],
    ...(speed === undefined ? [] : [["examples a second", formatCount(speed)] as const]),
  ];
  const hash =
    parametersHash === null ? "" : html`<p class="faint hash">parameters <code>sha256 ${parametersHash}</code></p>`;
  return html`<div class="tiles">${tiles.map(([name, value]) => html`<div class="card tile"><b>${value}</b><span>${name}</span></div>`)}</div>${hash}`;
}

function listFinal(
  final: NonNullable<ReportedRun["final"]>,
  name: MeasureName = "accuracy",
): (readonly [string, string])[] {
  const measure = measureOf(name);
  const forgetting = { mean: final.averageForgetting, deviation: Number.NaN };
  return [
    [`stream ${measure.title}`, formatValue(final.streamAccuracy, measure)],
    [`average ${measure.title}`, formatValue(final.averageAccuracy, measure)],
    ["average forgetting", formatForgetting(forgetting, measure)],
    ["backward transfer", formatValue(final.backwardTransfer, measure)],
  ];
}

/** What is known before the first experience is evaluated: the newest values of training. */
function listTraining({ metrics }: ReportedRun): (readonly [string, string])[] {
  const find = (name: string): number | undefined => {
    const [, points] = [...metrics].findLast(([key]) => key.startsWith(`${name}/train_phase/`)) ?? [];
    const value = points?.at(-1)?.value;
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  };
  const [accuracy, loss] = [find("Top1_Acc_Epoch"), find("Loss_MB") ?? find("Loss_Epoch")];
  return [
    ...(accuracy === undefined ? [] : [["training accuracy", formatPercent(accuracy)] as const]),
    ...(loss === undefined ? [] : [["training loss", loss.toFixed(4)] as const]),
  ];
}

async function createFigure({ name, title, caption, spec }: Figure): Promise<Html> {
  const svg = await renderFigure(spec);
  return html`<figure class="card" id="${name}"><figcaption><h3>${title}</h3><p>${caption}</p></figcaption><div class="plot">${keepHtml(svg)}</div></figure>`;
}

/** "replay on split-mnist" for a run of the command line; nothing for others. */
function describeConfig(config: unknown): string {
  const nameOf = (key: string): unknown => {
    const choice =
      typeof config === "object" && config !== null ? Object.entries(config).find(([k]) => k === key)?.[1] : undefined;
    return typeof choice === "object" && choice !== null && "name" in choice ? choice.name : undefined;
  };
  const [strategy, benchmark] = [nameOf("strategy"), nameOf("benchmark")];
  return typeof strategy === "string" && typeof benchmark === "string" ? `${strategy} on ${benchmark}` : "";
}
