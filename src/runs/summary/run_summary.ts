import { elementAt } from "../../core/element_at.ts";
import { type ContinualMeasures, summarizeAccuracyMatrix } from "../../evaluation/continual_measures.ts";
import { type MeasureName, measureOf } from "../../evaluation/measures.ts";
import type { LostRank } from "../lost_ranks.ts";

/** "running" until the last experience is evaluated; "interrupted" after Ctrl-C, "failed" after an error. */
export type RunStatus = "running" | "finished" | "interrupted" | "failed";

/** What one trained experience came to. */
export interface ExperienceSummary {
  /** Its number in the train stream. */
  readonly index: number;
  /** What the experience is called; absent where it has no name. */
  readonly name?: string;
  /**
   * The number of the experience that it is a piece of, where `experienceSize` cut it: which experience of the test
   * stream it belongs to. Absent where it is whole.
   */
  readonly cutFrom?: number;
  readonly classes: readonly number[];
  /** The labels of `classes` in this experience, where class ids were counted anew from 0. */
  readonly classNames?: readonly string[];
  /** Samples of this experience, replayed ones not counted. */
  readonly examples: number;
  /** Epochs that were trained: fewer than asked for where training stopped early. */
  readonly epochs: number;
  readonly trainSeconds: number;
  readonly evalSeconds: number;
  /** Accuracy on each experience of the test stream; where the run has another `measure`, that. */
  readonly testAccuracy: readonly number[];
  /** The same on the whole test stream: every sample weighs the same. */
  readonly streamAccuracy: number;
  /**
   * The exported model: its path within the run directory, and how far onnxruntime's outputs are from the engine's;
   * null where exports were turned off.
   */
  readonly onnx: { readonly path: string; readonly maxAbsoluteDifference: number } | null;
}

/** Where a run stands: what summary.json holds. */
export interface RunSummary<Config> {
  readonly version: 1;
  readonly status: RunStatus;
  readonly config: Config;
  readonly experiences: readonly ExperienceSummary[];
  /** What stands in the place of accuracy in all figures; absent for accuracy. */
  readonly measure?: MeasureName;
  /** The names of the test stream's experiences, the columns of the accuracy matrix; absent where they have none. */
  readonly testExperiences?: readonly string[];
  /** After the newest experience; null before the first one is evaluated. */
  readonly final: ({ readonly streamAccuracy: number } & ContinualMeasures) | null;
  /** Null before anything was trained. */
  readonly throughput: { readonly trainExamplesPerSecond: number } | null;
  /** SHA-256 of the flat float32 parameter vector, in hexadecimal; null before anything was trained. */
  readonly parametersHash: string | null;
  /** Ranks that were lost, without which the run went on; absent where there was none. */
  readonly lostRanks?: readonly LostRank[];
  /** Why a run failed; absent otherwise. */
  readonly error?: string;
}

/** What a summary is built from. */
export interface RunResults<Config> {
  readonly status: RunStatus;
  readonly config: Config;
  readonly experiences: readonly ExperienceSummary[];
  /** Default: accuracy. */
  readonly measure?: MeasureName;
  /** Samples that passed through training steps, replayed ones and repeated epochs included. */
  readonly trainedSamples: number;
  readonly testExperiences?: readonly string[] | undefined;
  /** Default: none. */
  readonly lostRanks?: readonly LostRank[];
  readonly parametersHash: string | null;
  readonly error?: string | undefined;
}

/** Builds the summary of what has happened so far. */
export function createRunSummary<Config>(results: RunResults<Config>): RunSummary<Config> {
  const { status, config, experiences, testExperiences, trainedSamples, parametersHash, error } = results;
  const { measure = "accuracy", lostRanks = [] } = results;
  const trainSeconds = experiences.reduce((sum, experience) => sum + experience.trainSeconds, 0);
  const last = experiences[experiences.length - 1];
  return {
    version: 1,
    status,
    config,
    experiences,
    ...(measure === "accuracy" ? {} : { measure }),
    ...(testExperiences ? { testExperiences } : {}),
    final: last ? { streamAccuracy: last.streamAccuracy, ...summarizeExperiences(experiences, measure) } : null,
    throughput: trainSeconds > 0 ? { trainExamplesPerSecond: trainedSamples / trainSeconds } : null,
    parametersHash,
    ...(lostRanks.length > 0 ? { lostRanks: [...lostRanks] } : {}),
    ...(error === undefined ? {} : { error }),
  };
}

/** Accuracy over all samples, from the accuracy on each experience and its number of samples. */
export function weighAccuracy(accuracies: readonly number[], sampleCounts: readonly number[]): number {
  const total = sampleCounts.reduce((sum, count) => sum + count, 0);
  // Rounded to whole samples, so that the result is the quotient that counting would give.
  const correct = sampleCounts.reduce((sum, count, i) => {
    // What has no samples has no accuracy.
    return count === 0 ? sum : sum + Math.round(elementAt(accuracies, i) * count);
  }, 0);
  return total === 0 ? 0 : correct / total;
}

/** The experience of the test stream that each row was trained on, a piece of it or the whole. */
function listTrained(experiences: readonly Pick<ExperienceSummary, "index" | "cutFrom">[]): number[] {
  return experiences.map(({ index, cutFrom = index }) => cutFrom);
}

/** What the matrix of some experiences comes to; `measure` is what stands in it. */
export function summarizeExperiences(
  experiences: readonly Pick<ExperienceSummary, "index" | "cutFrom" | "testAccuracy">[],
  measure: MeasureName = "accuracy",
): ContinualMeasures {
  const matrix = experiences.map(({ testAccuracy }) => testAccuracy);
  const { lowerIsBetter } = measureOf(measure);
  return summarizeAccuracyMatrix(matrix, { trainedExperiences: listTrained(experiences), lowerIsBetter });
}
