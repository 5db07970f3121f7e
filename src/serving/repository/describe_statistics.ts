import type { ThreadStatistics } from "../answering/serving_command.ts";

interface Duration {
  readonly count: number;
  readonly ns: number;
}

/** The protocol's statistics of a version, as Triton's extension has them. */
export function describeStatistics({ model, version, counts }: ThreadStatistics): object {
  const { requests, rows, executions, failures } = counts;
  const each = (ns: number) => round({ count: requests, ns });
  return {
    name: model,
    version,
    last_inference: Math.round(counts.lastMs),
    inference_count: rows,
    execution_count: executions,
    inference_stats: {
      success: each(counts.successNs),
      fail: round({ count: failures, ns: counts.failureNs }),
      queue: each(counts.queueNs),
      compute_input: each(counts.inputNs),
      compute_infer: each(counts.computeNs),
      compute_output: each(counts.outputNs),
      cache_hit: { count: 0, ns: 0 },
      cache_miss: { count: 0, ns: 0 },
    },
    batch_stats: Object.entries(counts.batches).map(([size, batch]) => {
      const nothing = { count: batch.executions, ns: 0 };
      const computed = round({ count: batch.executions, ns: batch.computeNs });
      return { batch_size: Number(size), compute_input: nothing, compute_infer: computed, compute_output: nothing };
    }),
  };
}

function round({ count, ns }: Duration): Duration {
  return { count, ns: Math.round(ns) };
}
