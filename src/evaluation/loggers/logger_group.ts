import { describeValue } from "../../core/errors/errors.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import type { EvaluationEvent } from "../evaluation_event.ts";
import type { MetricValue } from "../metric_value.ts";
import type { Logger } from "./logger.ts";

/** What one logger saved of itself. */
export interface LoggerState {
  /** The logger's class. */
  readonly name: string;
  readonly state: SavedState;
}

/** Calls loggers one after another. One that throws is left out from then on: no logger ends a training. */
export class LoggerGroup {
  /** While true, loggers that can be restored hear nothing: what is told now, their files hold already. */
  isRepeating = false;
  #loggers: readonly Logger[];
  readonly #onFailure: (message: string) => void;

  /** `onFailure` gets one line for every logger that fails. */
  constructor(loggers: readonly Logger[], onFailure: (message: string) => void) {
    this.#loggers = loggers;
    this.#onFailure = onFailure;
  }

  /** True where a logger may look at the outputs of training iterations. */
  get readsOutputs(): boolean {
    return this.#loggers.some((logger) => logger.afterTrainingIteration && logger.readsOutputs !== false);
  }

  /** Tells every logger of an event and of what was reported at it. */
  notify(event: EvaluationEvent, strategy: EvaluatedStrategy, values: readonly MetricValue[]): void {
    for (const logger of this.#loggers) {
      if (this.isRepeating && logger.restoreState) continue;
      this.#try(logger, () => {
        if (values.length > 0) logger.logMetrics(values);
        logger[event]?.(strategy, values);
      });
    }
  }

  /** What the loggers that can be restored need to go on from here. */
  save(): LoggerState[] {
    const states: LoggerState[] = [];
    for (const logger of this.#loggers) {
      this.#try(logger, () => {
        if (logger.saveState) states.push({ name: logger.constructor.name, state: logger.saveState() });
      });
    }
    return states;
  }

  /** Brings loggers back to what loggers of their class saved, in order; one for which there is nothing begins anew. */
  restore(states: readonly LoggerState[]): void {
    const left = [...states];
    for (const logger of this.#loggers) {
      if (!logger.restoreState) continue;
      const place = left.findIndex(({ name }) => name === logger.constructor.name);
      const [own] = place < 0 ? [] : left.splice(place, 1);
      this.#try(logger, () => logger.restoreState?.(own?.state));
    }
  }

  #try(logger: Logger, use: () => void): void {
    try {
      use();
    } catch (error) {
      this.#loggers = this.#loggers.filter((other) => other !== logger);
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : describeValue(error);
      this.#onFailure(`${logger.constructor.name} failed and logs no more: ${reason}`);
    }
  }
}
