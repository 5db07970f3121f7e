import type { BrowserFunction } from "../../../web/assemble_script.ts";

/** A number of requests and their time. */
interface Duration {
  readonly count: number;
  readonly ns: number;
}

/** What is read of the protocol's statistics of a version. */
export interface CountedVersion {
  readonly name: string;
  readonly version: string;
  readonly inference_count: number;
  readonly inference_stats: { readonly success: Duration; readonly fail: Duration; readonly queue: Duration };
}

/** The statistics at a moment, in milliseconds. */
export interface TrafficSample {
  readonly atMs: number;
  readonly counted: readonly CountedVersion[];
}

/** What a version had to do. */
export interface VersionTraffic {
  readonly version: string;
  readonly requests: number;
  readonly rows: number;
  readonly errors: number;
  /** Since the sample before; undefined where there is none. */
  readonly requestsPerSecond: number | undefined;
  /** Means over the requests since the sample before, or over all where there were none; undefined without requests. */
  readonly latencyMs: number | undefined;
  readonly queueMs: number | undefined;
}

/** The traffic of a model's versions between two samples. A version that was opened anew counts from 0. */
export function measureTraffic(
  model: string,
  now: TrafficSample,
  before: TrafficSample | undefined,
): readonly VersionTraffic[] {
  const own = now.counted.filter(({ name }) => name === model);
  return own
    .map((counted): VersionTraffic => {
      const { success, fail, queue } = counted.inference_stats;
      const earlier = before?.counted.find((one) => one.name === model && one.version === counted.version);
      const wasReset = earlier !== undefined && earlier.inference_stats.success.count > success.count;
      const [successBefore, queueBefore] =
        earlier && !wasReset
          ? [earlier.inference_stats.success, earlier.inference_stats.queue]
          : [undefined, undefined];
      const seconds = before ? (now.atMs - before.atMs) / 1000 : 0;
      const recent = success.count - (successBefore?.count ?? 0);
      return {
        version: counted.version,
        requests: success.count,
        rows: counted.inference_count,
        errors: fail.count,
        requestsPerSecond: seconds > 0 ? recent / seconds : undefined,
        latencyMs: meanMs(success, successBefore),
        queueMs: meanMs(queue, queueBefore),
      };
    })
    .sort((a, b) => Number(a.version) - Number(b.version));
}

function meanMs(now: Duration, before: Duration = { count: 0, ns: 0 }): number | undefined {
  const count = now.count - before.count;
  if (count > 0) return (now.ns - before.ns) / count / 1e6;
  return now.count > 0 ? now.ns / now.count / 1e6 : undefined;
}

/** What the page needs of this file. */
export const TRAFFIC_FUNCTIONS: readonly BrowserFunction[] = [measureTraffic, meanMs];
