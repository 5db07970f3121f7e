import { expect } from "bun:test";
import fc from "fast-check";
import type { Metric } from "../../../src/evaluation/metrics/metric.ts";
import { type MadeBatch, madeBatches } from "./made_batches.ts";

/**
 * What every standalone metric that is fed minibatches keeps: a copy made by way of JSON goes on to the same result,
 * reset makes it as new, and asking for the result changes nothing.
 */
export function expectMetricLaws<Result, Kind extends Metric<Result>>(
  create: () => Kind,
  update: (metric: Kind, batch: MadeBatch) => void,
): void {
  fc.assert(
    fc.property(madeBatches, madeBatches, (before, after) => {
      const metric = create();
      for (const batch of before) update(metric, batch);
      const copy = create();
      // What it holds already must be gone.
      for (const batch of after) update(copy, batch);
      copy.restore(JSON.parse(JSON.stringify(metric.save())));
      expect(copy.result()).toEqual(metric.result());
      for (const batch of after) {
        update(metric, batch);
        copy.result();
        update(copy, batch);
      }
      expect(copy.result()).toEqual(metric.result());
      metric.reset();
      expect(metric.result()).toEqual(create().result());
    }),
    { numRuns: 60 },
  );
}
