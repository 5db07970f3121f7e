import { describeUnknownName } from "../../core/errors/errors.ts";
import { InteractiveLogger } from "../../evaluation/loggers/interactive_logger.ts";
import { JSONEventsLogger } from "../../evaluation/loggers/json_events_logger.ts";
import type { Logger } from "../../evaluation/loggers/logger.ts";
import type { TextStream } from "../../evaluation/loggers/terminal_bars.ts";
import { CliError } from "../cli_error.ts";
import { createLiveView, type LiveView } from "./view/live_view.ts";

const LOGS = ["live", "text", "json", "none"] as const;

/** How a run is shown: one live view, Avalanche's lines of text, events as JSON, or not at all. */
export type LogKind = (typeof LOGS)[number];

/** The options as they were typed. */
export interface LogOptions {
  readonly log?: string;
  readonly quiet: boolean;
  readonly json: boolean;
  /** A bar a worker below the epoch's. */
  readonly workerBars: boolean;
}

/**
 * How a run is shown. Default: live on a terminal, text elsewhere.
 * @throws {CliError} If there is no such log, two are wanted, or bars by worker where there are no bars.
 */
export function chooseLog({ log, quiet, json, workerBars }: LogOptions, stdout: TextStream): LogKind {
  const named = LOGS.find((name) => name === log);
  if (log !== undefined && named === undefined) throw new CliError(describeUnknownName("log", log, LOGS));
  const typed = [
    ...(named === undefined ? [] : [{ kind: named, option: `--log ${named}` }]),
    ...(json ? [{ kind: "json" as const, option: "--json" }] : []),
    ...(quiet ? [{ kind: "none" as const, option: "--quiet" }] : []),
  ];
  const [first, ...others] = typed;
  const other = others.find(({ kind }) => kind !== first?.kind);
  if (first && other) throw new CliError(`${other.option} cannot be used with ${first.option}`);
  if (workerBars && (first?.kind === "json" || first?.kind === "none")) {
    throw new CliError(`--worker-bars shows progress bars and cannot be used with ${first.option}`);
  }
  return first?.kind ?? (stdout.isTTY === true ? "live" : "text");
}

/** What of a run decides how it is shown. */
export interface FollowOptions {
  readonly workerBars: boolean;
  /** True for a stream of very many small experiences. */
  readonly isOnline: boolean;
}

/** What shows a run while it goes on: loggers, and a live view where that was chosen. */
export function followRun(
  log: LogKind,
  { workerBars: perReplica, isOnline }: FollowOptions,
  stream: TextStream,
): { readonly loggers: readonly Logger[]; readonly view?: LiveView } {
  switch (log) {
    case "live": {
      const view = createLiveView({ stream, perReplica, isOnline });
      return { loggers: [view.logger], view };
    }
    case "text": {
      const logger = new InteractiveLogger({ stream, perReplica });
      return { loggers: [isOnline ? keepEvaluation(logger) : logger] };
    }
    case "json":
      return { loggers: [new JSONEventsLogger({ write: (line) => stream.write(line) })] };
    case "none":
      return { loggers: [] };
  }
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
