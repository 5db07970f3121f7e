import type { MetricData } from "./metric_data.ts";

/** One measurement, as loggers get it. */
export interface MetricValue {
  /** Avalanche's name, "Top1_Acc_Stream/eval_phase/test_stream/Task000" say. */
  readonly key: string;
  readonly value: MetricData;
  /** Training iterations done before it was taken: the x axis. */
  readonly step: number;
  /** The experience that is being trained, or was trained last; null before the first. */
  readonly experience: number | null;
  /** What that experience is called; absent where it has no name. */
  readonly experienceName?: string;
  /** True where the value is of the machine (time, memory), not of the learner: two equal runs give two values. */
  readonly ofMachine?: true;
}

/** What a metric reports; the evaluation plugin adds the rest. */
export type MetricReading = Pick<MetricValue, "key" | "value">;
