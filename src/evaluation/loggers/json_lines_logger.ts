import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { callback, flag, required } from "../../core/options/value_rules.ts";
import { toPlainData } from "../metric_data.ts";
import type { MetricValue } from "../metric_value.ts";
import type { Logger } from "./logger.ts";

export interface JSONLinesLoggerOptions {
  readonly write: (text: string) => unknown;
  readonly withMachine?: boolean;
}

const JSON_LINES_LOGGER_RULES: OptionRules<JSONLinesLoggerOptions> = {
  write: required(callback()),
  withMachine: flag(),
};

/**
 * Writes one line of JSON a metric: {"key", "value", "step", "experience"}, and "experienceName" where the experience
 * has a name. It adds no time and leaves out what metrics
 * say of the machine, so equal runs write equal lines; numbers that JSON does not have (NaN, infinities) are null.
 */
export class JSONLinesLogger implements Logger {
  readonly #write: (text: string) => unknown;
  readonly #withMachine: boolean;

  /**
   * `write` gets whole lines, each ended by a newline. `withMachine` adds what metrics say of time and machine.
   * @throws {TypeError} If an option is of another kind.
   */
  constructor(options: JSONLinesLoggerOptions) {
    assertOptions("JSONLinesLogger", options, JSON_LINES_LOGGER_RULES);
    const { write, withMachine = false } = options;
    this.#write = write;
    this.#withMachine = withMachine;
  }

  logMetrics(values: readonly MetricValue[]): void {
    const kept = values.filter(({ ofMachine = false }) => this.#withMachine || !ofMachine);
    if (kept.length > 0) this.#write(kept.map(formatMetricAsJSON).join(""));
  }
}

/** One line of metrics.jsonl, with its newline. Of what is neither a number nor a matrix it holds a description. */
export function formatMetricAsJSON({ key, value, step, experience, experienceName }: MetricValue): string {
  return `${JSON.stringify({ key, value: toPlainData(value), step, experience, experienceName })}\n`;
}
