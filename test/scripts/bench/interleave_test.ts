import { describe, expect, test } from "bun:test";
import { interleave } from "../../../scripts/bench/interleave.ts";

describe("interleave()", () => {
  const makeContestants = (order: string[]) =>
    ["A", "B", "C"].map((name) => ({
      name,
      measure: async () => {
        order.push(name);
        return order.length;
      },
    }));

  test("has everybody measure in turns and leaves the warm-up rounds out", async () => {
    const order: string[] = [];
    const signal = new AbortController().signal;
    const figures = await interleave(makeContestants(order), { repetitions: 2, warmups: 1, signal });
    expect(order.join("")).toBe("ABCABCABC");
    expect(figures).toEqual([
      [4, 7],
      [5, 8],
      [6, 9],
    ]);
  });

  test("leaves the first measurements of each turn out, where it is told to", async () => {
    const order: string[] = [];
    const signal = new AbortController().signal;
    const figures = await interleave(makeContestants(order), { repetitions: 1, warmups: 1, leadIns: 1, signal });
    expect(order.join("")).toBe("AABBCCAABBCC");
    expect(figures).toEqual([[8], [10], [12]]);
  });

  test("tells before each measurement who is next, and ends when it is aborted", async () => {
    const order: string[] = [];
    const told: string[] = [];
    const controller = new AbortController();
    const measuring = interleave(makeContestants(order), {
      repetitions: 2,
      warmups: 0,
      signal: controller.signal,
      onMeasurement: (name, round, rounds) => {
        told.push(`${name} ${round}/${rounds}`);
        if (told.length === 4) controller.abort(new Error("enough"));
      },
    });
    await expect(measuring).rejects.toThrow("enough");
    expect(told).toEqual(["A 1/2", "B 1/2", "C 1/2", "A 2/2"]);
    expect(order).toEqual(["A", "B", "C", "A"]);
  });
});
