import type { MeanAndDeviation } from "../../core/mean_and_deviation.ts";
import { measureOf } from "../../evaluation/measures.ts";
import { formatTable } from "../format_table.ts";
import type { SweepConfiguration } from "./sweep_plan.ts";
import { measureRows, type SweepRow, type SweepRows } from "./sweep_record.ts";

/** The means over seeds of each configuration, as a table for people. */
export function formatSweep(plan: readonly SweepConfiguration[], rows: SweepRows): string {
  const title = nameMeasure([...rows.values()]);
  const heading = ["configuration", "seeds", `stream ${title}`, `average ${title}`, "forgetting", "seconds"];
  const lines = plan.map(({ name, runs }) => {
    const own = runs.flatMap((run) => rows.get(run) ?? []);
    const { streamAccuracy, averageAccuracy, averageForgetting, seconds } = measureRows(own);
    const finished = own.filter(({ status }) => status === "finished").length;
    const shares = [streamAccuracy, averageAccuracy, averageForgetting].map((share) => formatMean(share, 4));
    return [name, String(finished), ...shares, formatMean(seconds, 1)];
  });
  return `\nMean ± standard deviation over seeds\n${formatTable([heading, ...lines])}`;
}

/** What the runs of a sweep measure; "measure" where it is not one thing. */
export function nameMeasure(rows: readonly Pick<SweepRow, "final" | "measure">[]): string {
  const names = new Set(rows.flatMap(({ final, measure = "accuracy" }) => (final ? [measure] : [])));
  const [name = "accuracy"] = names;
  return names.size > 1 ? "measure" : measureOf(name).title;
}

/** "0.5301 ± 0.0124"; the mean alone of one value; "-" of none. */
function formatMean({ mean, deviation }: MeanAndDeviation, digits: number): string {
  if (Number.isNaN(mean)) return "-";
  return Number.isNaN(deviation) ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}
