import type { EvaluatedStrategy } from "../../../evaluation/evaluated_strategy.ts";
import type { Logger } from "../../../evaluation/loggers/logger.ts";

/** The least time between two messages. */
const TELL_MS = 1000;

/** What the dashboard is told of a run. */
export interface DashboardLoggerOptions {
  /** Brings metrics.jsonl up to date. */
  readonly flush: () => void;
  /** Shows one line. */
  readonly tell: (progress: string) => void;
  /** Milliseconds that only go up. */
  readonly now?: () => number;
}

/**
 * Keeps a dashboard up to date: metrics.jsonl whenever an epoch or an evaluation ends, and, at most once a second, how
 * far training has come, so that the page has something to say before the first experience is over.
 */
export function createDashboardLogger(options: DashboardLoggerOptions): Logger {
  const { flush, tell, now = () => performance.now() } = options;
  let toldMs = Number.NEGATIVE_INFINITY;
  const tellInTime = (describe: () => string) => {
    const nowMs = now();
    if (nowMs - toldMs < TELL_MS) return;
    toldMs = nowMs;
    tell(describe());
  };
  return {
    logMetrics: () => undefined,
    readsOutputs: false,
    beforeTrainingExp: ({ experience }) => tellInTime(() => `Training on ${nameExperience(experience)}`),
    afterTrainingIteration: (strategy) => tellInTime(() => describeTraining(strategy)),
    afterTrainingEpoch: flush,
    beforeEvalExp: ({ experience }) => tellInTime(() => `Evaluating ${nameExperience(experience)}`),
    afterEval: () => {
      flush();
      tell("");
      toldMs = Number.NEGATIVE_INFINITY;
    },
  };
}

function describeTraining({ experience, clock, trainEpochs, iterationsPerEpoch, loss }: EvaluatedStrategy): string {
  const epoch = `epoch ${clock.trainExpEpochs + 1} of ${trainEpochs}`;
  const minibatch = `minibatch ${clock.trainEpochIterations + 1} of ${iterationsPerEpoch}`;
  return `Training on ${nameExperience(experience)}: ${epoch}, ${minibatch}, loss ${loss.toFixed(4)}`;
}

function nameExperience({ currentExperience, name, originStream }: EvaluatedStrategy["experience"]): string {
  const own = name === undefined ? "" : ` ${JSON.stringify(name)}`;
  return `experience ${currentExperience}${own} of the ${originStream.name} stream`;
}
