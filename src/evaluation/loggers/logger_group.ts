import { describeValue } from "../../core/errors.ts";
import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import type { EvaluationEvent } from "../evaluation_event.ts";
import type { MetricValue } from "../metric_value.ts";
import type { Logger } from "./logger.ts";

/** Calls loggers one after another. One that throws is left out from then on: no logger ends a training. */
export class LoggerGroup {
  #loggers: readonly Logger[];
  readonly #onFailure: (message: string) => void;

  /** `onFailure` gets one line for every logger that fails. */
  constructor(loggers: readonly Logger[], onFailure: (message: string) => void) {
    this.#loggers = loggers;
    this.#onFailure = onFailure;
  }

  /** Tells every logger of an event and of what was reported at it. */
  notify(event: EvaluationEvent, strategy: EvaluatedStrategy, values: readonly MetricValue[]): void {
    for (const logger of this.#loggers) {
      try {
        if (values.length > 0) logger.logMetrics(values);
        logger[event]?.(strategy, values);
      } catch (error) {
        this.#disable(logger, error);
      }
    }
  }

  #disable(logger: Logger, error: unknown): void {
    this.#loggers = this.#loggers.filter((other) => other !== logger);
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : describeValue(error);
    this.#onFailure(`${logger.constructor.name} failed and logs no more: ${reason}`);
  }
}
