import type { Cluster } from "../../../cluster/cluster.ts";
import { viewEntry } from "../../../core/parameter_layout.ts";

/**
 * Puts moving statistics back to those in `saved` [Q], a copy of the layers' state. Which units of a growing head count
 * is part of that state, too, and stays as it is.
 */
export function restoreStatistics({ state, model }: Cluster, saved: Float32Array): void {
  for (const entry of model.stateLayout.entries) {
    if (!entry.name.endsWith("/active")) viewEntry(state, entry).set(viewEntry(saved, entry));
  }
}
