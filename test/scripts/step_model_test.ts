import { describe, expect, test } from "bun:test";
import { modelStep } from "../../scripts/scaling/step_model.ts";

const network = { name: "made", parameters: 1_000_000, rows: 64, computeMs: 10 };
const link = { name: "made", bytesPerMs: 1e6, messageMs: 0.01 };
const rank = { turnMs: 0.5, addedPerMs: 1e6, updatedPerMs: 2e6 };

describe("modelStep()", () => {
  test("adds up computing, sending, adding and updating", () => {
    expect(modelStep(1, network, { link, rank })).toEqual({
      computeMs: 10,
      exchangeMs: 0,
      addMs: 0,
      updateMs: 0.5,
      totalMs: 10.5,
      efficiency: 1,
    });
    // Half of 4 MB goes out and half of it comes back; one addition of half a vector; two messages.
    const { exchangeMs, addMs, totalMs } = modelStep(2, network, { link, rank });
    expect(exchangeMs).toBeCloseTo(0.5 + 0.02 + 4, 9);
    expect(addMs).toBeCloseTo(0.5, 9);
    expect(totalMs).toBeCloseTo(10 + 4.52 + 0.5 + 0.5, 9);
  });

  test("sends every shard of a rank by itself", () => {
    const [one, two] = [1, 2].map((shards) => modelStep(4, network, { link, rank, shards }));
    expect((two?.exchangeMs ?? 0) - (one?.exchangeMs ?? 0)).toBeCloseTo(3, 9);
  });
});
