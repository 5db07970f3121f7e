import { InteractiveLogger, type TextStream } from "../../evaluation/loggers/interactive_logger.ts";
import { JSONEventsLogger } from "../../evaluation/loggers/json_events_logger.ts";
import type { Logger } from "../../evaluation/loggers/logger.ts";
import { CliError } from "../cli_error.ts";

/** How somebody wants to follow a run. */
export interface FollowOptions {
  readonly quiet: boolean;
  readonly json: boolean;
  /** A bar a worker below the epoch's. */
  readonly workerBars: boolean;
  /** True for a stream of very many small experiences. */
  readonly isOnline: boolean;
}

/**
 * What shows a run while it goes on.
 * @throws {CliError} If bars by worker are wanted where there are no bars.
 */
export function createRunLoggers(options: FollowOptions, stdout: TextStream): Logger[] {
  const { quiet, json, isOnline, workerBars } = options;
  if (workerBars && (quiet || json)) {
    throw new CliError(`--worker-bars shows progress bars and cannot be used with ${json ? "--json" : "--quiet"}`);
  }
  if (json) return [new JSONEventsLogger({ write: (line) => stdout.write(line) })];
  if (quiet) return [];
  const logger = new InteractiveLogger({ stream: stdout, perReplica: workerBars });
  return [isOnline ? keepEvaluation(logger) : logger];
}

/** The same logger without what it says of training: thousands of small experiences would fill the screen. */
function keepEvaluation(logger: InteractiveLogger): Logger {
  let isEvaluating = false;
  return {
    logMetrics(values) {
      if (isEvaluating) logger.logMetrics(values);
    },
    beforeEval() {
      isEvaluating = true;
      logger.beforeEval();
    },
    beforeEvalExp: (strategy) => logger.beforeEvalExp(strategy),
    afterEvalIteration: (strategy) => logger.afterEvalIteration(strategy),
    afterEvalExp: (strategy) => logger.afterEvalExp(strategy),
    afterEval() {
      logger.afterEval();
      isEvaluating = false;
    },
  };
}
