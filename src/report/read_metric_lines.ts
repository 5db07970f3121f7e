import { cannot, SyntaxRefusal } from "../core/errors.ts";
import type { MetricPoint } from "./reported_run.ts";
import { metricLineSchema } from "./summary_schema.ts";

/**
 * The values of metrics.jsonl by key, in order. A run that goes on may have written a part of the last line: that is
 * left out.
 * @throws {SyntaxError} If a whole line is not a metric.
 */
export function readMetricLines(path: string, text: string): ReadonlyMap<string, readonly MetricPoint[]> {
  const metrics = new Map<string, MetricPoint[]>();
  // What comes after the last newline is no whole line.
  const lines = text.split("\n").slice(0, -1);
  for (const [i, line] of lines.entries()) {
    const { key, value, step, experience } = parseLine(line, `${path}:${i + 1}`);
    if (typeof value === "object" && "kind" in value) continue;
    const points = metrics.get(key);
    if (points) points.push({ step, experience, value });
    else metrics.set(key, [{ step, experience, value }]);
  }
  return metrics;
}

function parseLine(line: string, place: string) {
  try {
    return metricLineSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new SyntaxRefusal(cannot("report", `a metric in ${place}`, line.slice(0, 60)), { cause });
  }
}
