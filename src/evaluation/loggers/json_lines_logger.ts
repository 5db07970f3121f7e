import type { MetricValue } from "../metric_value.ts";
import type { Logger } from "./logger.ts";

/**
 * Writes one line of JSON a metric: {"key", "value", "step", "experience"}. It adds no time, so equal runs write equal
 * lines; numbers that JSON does not have (NaN, infinities) are null.
 */
export class JSONLinesLogger implements Logger {
  readonly #write: (text: string) => unknown;

  /** `write` gets whole lines, each ended by a newline. */
  constructor({ write }: { readonly write: (text: string) => unknown }) {
    this.#write = write;
  }

  logMetrics(values: readonly MetricValue[]): void {
    this.#write(values.map(formatMetricAsJSON).join(""));
  }
}

/** One line of metrics.jsonl, with its newline. */
export function formatMetricAsJSON({ key, value, step, experience }: MetricValue): string {
  return `${JSON.stringify({ key, value, step, experience })}\n`;
}
