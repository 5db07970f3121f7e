import type { EvaluatedStrategy } from "./evaluated_strategy.ts";

/** The callbacks of a strategy that metrics and loggers can listen to, in the order in which they happen. */
export const evaluationEvents = [
  "beforeTraining",
  "beforeTrainingExp",
  "beforeTrainingEpoch",
  "beforeTrainingIteration",
  "afterTrainingIteration",
  "afterTrainingEpoch",
  "afterTrainingExp",
  "afterTraining",
  "beforeEval",
  "beforeEvalExp",
  "beforeEvalIteration",
  "afterEvalIteration",
  "afterEvalExp",
  "afterEval",
] as const;

/** The name of one such callback. */
export type EvaluationEvent = (typeof evaluationEvents)[number];

/** What a strategy calls on its evaluator. */
export type EvaluationCallbacks = {
  readonly [event in EvaluationEvent]?: (strategy: EvaluatedStrategy) => void;
};
