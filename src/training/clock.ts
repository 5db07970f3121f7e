import type { ClockCounters } from "../evaluation/evaluated_strategy.ts";

/**
 * Counts the loop's events. It is the last plugin, so everyone else sees the number of an event before it is counted:
 * the first iteration is 0.
 */
export class Clock implements ClockCounters {
  trainIterations = 0;
  trainExpCounter = 0;
  trainExpEpochs = 0;
  trainExpIterations = 0;
  trainEpochIterations = 0;
  totalIterations = 0;

  beforeTrainingExp(): void {
    this.trainExpIterations = 0;
    this.trainExpEpochs = 0;
  }

  beforeTrainingEpoch(): void {
    this.trainEpochIterations = 0;
  }

  afterTrainingIteration(): void {
    this.trainEpochIterations += 1;
    this.trainExpIterations += 1;
    this.trainIterations += 1;
    this.totalIterations += 1;
  }

  afterTrainingEpoch(): void {
    this.trainExpEpochs += 1;
  }

  afterTrainingExp(): void {
    this.trainExpCounter += 1;
  }

  afterEvalIteration(): void {
    this.totalIterations += 1;
  }
}
