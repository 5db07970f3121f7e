import type { RunSummary } from "./run_summary.ts";

/** Stands before and behind a list that is to be on one line. No JSON of numbers has it. */
const MARK = "@@";
const MARKED_LIST = new RegExp(`"testAccuracy": "${MARK}(\\[[^"]*\\])${MARK}"`, "g");

/**
 * summary.json: indented, each row of accuracies on one line. With a line for each accuracy, the file of a run with
 * many experiences would be three times as large.
 */
export function formatSummary(summary: RunSummary<unknown>): string {
  const shorten = (key: string, value: unknown) =>
    key === "testAccuracy" && Array.isArray(value) ? `${MARK}${JSON.stringify(value)}${MARK}` : value;
  return `${JSON.stringify(summary, shorten, 2).replace(MARKED_LIST, '"testAccuracy": $1')}\n`;
}
