/** One measurement, as loggers get it and as a line of metrics.jsonl holds it. */
export interface MetricValue {
  /** Avalanche's name, "Top1_Acc_Stream/eval_phase/test_stream/Task000" say. */
  readonly key: string;
  /** A number, or a matrix by rows whose missing cells are NaN. */
  readonly value: number | readonly (readonly number[])[];
  /** Training iterations done before it was taken: the x axis. */
  readonly step: number;
  /** The experience that is being trained, or was trained last; null before the first. */
  readonly experience: number | null;
}

/** What a metric reports; the evaluation plugin adds the step and the experience. */
export type MetricReading = Pick<MetricValue, "key" | "value">;
