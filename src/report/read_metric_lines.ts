import { describeIssue } from "../core/errors/describe_issue.ts";
import { SyntaxRefusal, TypeRefusal } from "../core/errors/errors.ts";
import { readRunLines } from "../runs/read_run_lines.ts";
import { metricLineSchema } from "./metric_line_schema.ts";
import type { MetricPoint } from "./reported_run.ts";

/**
 * The values of metrics.jsonl by key, in order. A run that goes on may have written a part of the last line: that is
 * left out.
 * @throws {SyntaxRefusal} If a whole line is not JSON.
 * @throws {TypeRefusal} If it is not a metric, with the field.
 */
export async function readMetricLines(path: string): Promise<ReadonlyMap<string, readonly MetricPoint[]>> {
  const metrics = new Map<string, MetricPoint[]>();
  let row = 0;
  for await (const lines of readRunLines(path)) {
    for (const line of lines) {
      row += 1;
      const { key, value, step, experience } = parseLine(line, `${path}, line ${row}`);
      if (typeof value === "object" && "kind" in value) continue;
      const points = metrics.get(key);
      if (points) points.push({ step, experience, value });
      else metrics.set(key, [{ step, experience, value }]);
    }
  }
  return metrics;
}

function parseLine(line: string, place: string) {
  const json = parseJSON(line, place);
  const { data, error } = metricLineSchema.safeParse(json);
  if (data) return data;
  throw new TypeRefusal(`${place}: ${describeIssue(error, json)}`);
}

function parseJSON(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SyntaxRefusal(`${place}: not JSON`, { cause });
  }
}
