import { escapeControls } from "../core/errors/printable.ts";
import { countColumns } from "../evaluation/continual_measures.ts";
import { measureOf, startWithTitle } from "../evaluation/measures.ts";
import { labelClasses, readClassNames } from "../runs/class_labels.ts";
import { readCriterion } from "../runs/run_config.ts";
import type { RunSummary } from "../runs/summary/run_summary.ts";
import { formatTable } from "./format_table.ts";
import { formatNamed } from "./options/parse_named.ts";

const NAME_WIDTH = 16;

/** A run's result for people: the accuracy matrix, the final figures, where the models are. */
export function formatRun(summary: RunSummary<unknown>, directory: string): string {
  const matrix = formatTable(listMatrixRows(summary));
  const title = startWithTitle(measureOf(summary.measure ?? "accuracy"));
  return `\n${title} on each experience of the test stream\n${matrix}${formatFigures(summary, directory)}`;
}

function listMatrixRows({ experiences, testExperiences = [], config, measure }: RunSummary<unknown>): string[][] {
  const hasClasses = measureOf(measure ?? "accuracy").compare === undefined;
  const classNames = readClassNames(config);
  const columns = countColumns(experiences.map(({ testAccuracy }) => testAccuracy));
  const areCut = experiences.some(({ cutFrom }) => cutFrom !== undefined);
  const areNamed = experiences.some(({ name }) => name !== undefined);
  const heading = [
    "trained",
    ...(areCut ? ["piece of"] : []),
    ...(hasClasses ? ["classes"] : []),
    ...(areNamed ? ["name"] : []),
    ...Array.from({ length: columns }, (_, i) => shorten(testExperiences[i] ?? `test ${i}`)),
    "stream",
    "seconds",
  ];
  const rows = experiences.map((experience) => {
    const { index, name = "", cutFrom, testAccuracy, streamAccuracy, trainSeconds } = experience;
    return [
      String(index),
      ...(areCut ? [String(cutFrom ?? "")] : []),
      ...(hasClasses ? [describeClasses(labelClasses(experience, classNames))] : []),
      ...(areNamed ? [shorten(name)] : []),
      ...Array.from({ length: columns }, (_, i) => (i < testAccuracy.length ? formatShare(testAccuracy[i]) : "")),
      formatShare(streamAccuracy),
      trainSeconds.toFixed(2),
    ];
  });
  return [heading, ...rows];
}

/** The final figures alone. */
export function formatFigures(summary: RunSummary<unknown>, directory: string): string {
  const { final, throughput, parametersHash, measure = "accuracy" } = summary;
  const { title } = measureOf(measure);
  const criterion = readCriterion(summary.config);
  const figures = [
    [`stream ${title}`, formatShare(final?.streamAccuracy)],
    [`average ${title}`, formatShare(final?.averageAccuracy)],
    ["average forgetting", formatForgetting(final?.averageForgetting)],
    ["backward transfer", formatShare(final?.backwardTransfer)],
    ["training", `${Math.round(throughput?.trainExamplesPerSecond ?? 0)} examples/s`],
    ["parameters", `sha256 ${parametersHash?.slice(0, 16) ?? "none"}`],
    ...(criterion ? [["criterion", formatNamed(criterion)]] : []),
    ["run", directory],
  ];
  return `\n${formatTable(figures)}`;
}

/** Below 0, accuracy on earlier experiences is higher (an error lower) than when they had just been learned. */
function formatForgetting(share: number | undefined): string {
  const text = formatShare(share);
  return Number(text) < 0 ? `${text} (a gain)` : text;
}

function formatShare(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? "-" : share.toFixed(4);
}

/** A name that a column has room for. */
function shorten(name: string): string {
  return escapeControls(name.length > NAME_WIDTH ? `${name.slice(0, NAME_WIDTH - 1)}…` : name);
}

/** The labels, or how many there are where they are many. */
function describeClasses(labels: readonly string[]): string {
  return labels.length > 6 ? `${labels.length} classes` : labels.map(escapeControls).join(",");
}
