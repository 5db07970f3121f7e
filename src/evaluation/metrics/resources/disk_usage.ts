import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { callback, either, listOf, text } from "../../../core/options/value_rules.ts";
import { declareState, number } from "../../../core/state/state.ts";
import { createMetricFamily, type MetricFamilyOptions, SPAN_FAMILY_RULES } from "../../metric_family.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";

/** How much is in some folders or files, in KiB, when it was last looked; 0 before that. Links are not followed. */
export class DiskUsage implements Metric<number> {
  readonly #listPaths: () => readonly string[];
  readonly #state = declareState("a disk usage", { kib: number() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** @param listPaths Names the folders and files, each time that it is looked. */
  constructor(listPaths: () => readonly string[]) {
    this.#listPaths = listPaths;
  }

  /** Looks. What is not there, or vanishes meanwhile, counts nothing. */
  update(): void {
    this.#state.kib = this.#listPaths().reduce((bytes, path) => bytes + measureBytes(path), 0) / 1024;
  }

  result(): number {
    return this.#state.kib;
  }
}

function measureBytes(path: string): number {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (!entry) return 0;
  if (!entry.isDirectory()) return entry.size;
  return readNames(path).reduce((bytes, name) => bytes + measureBytes(join(path, name)), 0);
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** When to look how much is on the disk, and where. */
export interface DiskUsageMetricsOptions extends Omit<MetricFamilyOptions, "epochRunning"> {
  /** Folders and files, or what names them each time. Default: the current folder. */
  readonly paths?: readonly string[] | (() => readonly string[]);
}

const DISK_USAGE_METRICS_RULES: OptionRules<DiskUsageMetricsOptions> = {
  ...SPAN_FAMILY_RULES,
  paths: either(listOf(text()), callback()),
};

/**
 * What is in folders and files at the end of each span, in KiB: `DiskUsage_MB` (after a minibatch), `DiskUsage_Epoch`,
 * `DiskUsage_Exp`, `DiskUsage_Stream`. They measure the machine, so metrics.jsonl does not hold them.
 */
export function diskUsageMetrics(options: DiskUsageMetricsOptions): PluginMetric[] {
  assertOptions("diskUsageMetrics", options, DISK_USAGE_METRICS_RULES);
  const { paths = ["."], ...family } = options;
  const names = { name: "DiskUsage" };
  return createMetricFamily(family, names, () => {
    const usage = new DiskUsage(typeof paths === "function" ? paths : () => paths);
    const metric = {
      // Looked when it is reported: to look after every minibatch would cost more than the minibatch.
      result: () => {
        usage.update();
        return usage.result();
      },
      reset: () => usage.reset(),
      save: () => usage.save(),
      restore: (state: unknown) => usage.restore(state),
    };
    return { metric, update: () => {}, ofMachine: true };
  });
}
