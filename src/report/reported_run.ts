import type { MeasureName } from "../evaluation/measures.ts";
import type { ExperienceSummary, RunStatus } from "../runs/summary/run_summary.ts";

/** A value of metrics.jsonl. */
export interface MetricPoint {
  /** Training iterations done before it was taken. */
  readonly step: number;
  /** The experience trained last; null before the first. */
  readonly experience: number | null;
  /** A number, or a matrix by rows; NaN where the file has null. */
  readonly value: number | readonly (readonly number[])[];
}

/** One trained experience, as summary.json has it; NaN where the file has null. */
export interface ReportedExperience extends Omit<ExperienceSummary, "onnx"> {
  /** The exported model: its place, its size where it is there, and how far onnxruntime was from the engine. */
  readonly onnx: {
    readonly path: string;
    readonly sizeBytes: number | undefined;
    readonly maxAbsoluteDifference: number;
  } | null;
}

/** The figures that sum up a run. */
export interface ReportedFinal {
  readonly streamAccuracy: number;
  readonly averageAccuracy: number;
  readonly averageForgetting: number;
  readonly backwardTransfer: number;
}

/** A run directory, as far as a report shows it. */
export interface ReportedRun {
  /** Tells it from the other runs of a comparison. */
  readonly name: string;
  /** Its folder, absolute. */
  readonly folder: string;
  /** "running" also where the run has written no summary yet. */
  readonly status: RunStatus;
  /** Why it failed. */
  readonly error: string | undefined;
  readonly config: unknown;
  readonly experiences: readonly ReportedExperience[];
  /** What stands in the place of accuracy; undefined for accuracy. */
  readonly measure?: MeasureName | undefined;
  /** The names of the experiences of the test stream; undefined where they have none. */
  readonly testExperiences: readonly string[] | undefined;
  /** Null before the first experience is evaluated. */
  readonly final: ReportedFinal | null;
  readonly trainExamplesPerSecond: number | undefined;
  readonly parametersHash: string | null;
  readonly metrics: ReadonlyMap<string, readonly MetricPoint[]>;
}
