import type { Cluster } from "../../../cluster/cluster.ts";
import { viewEntry } from "../../../core/parameter_layout.ts";
import { isDataStatistic } from "../../../onnx/layers/normalization/standardization.ts";

/**
 * Puts moving statistics back to those in `saved` [Q], a copy of the layers' state. Which units of a growing head count
 * and what a `Standardization` layer knows of the data are part of that state, too, and stay as they are.
 */
export function restoreStatistics({ state, model }: Cluster, saved: Float32Array): void {
  for (const entry of model.stateLayout.entries) {
    if (entry.name.endsWith("/active") || isDataStatistic(entry.name)) continue;
    viewEntry(state, entry).set(viewEntry(saved, entry));
  }
}
