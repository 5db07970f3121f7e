import { describe, expect, test } from "bun:test";
import { MetricCollector } from "../../src/evaluation/metric_collector.ts";

const stream = {
  name: "toy",
  *[Symbol.iterator]() {
    for (const length of [1, 2]) yield { dataset: { length } };
  },
};
const ROWS = [
  [1, 3],
  [5, 7],
  [11, 13],
];

function collect(): MetricCollector {
  const collector = new MetricCollector();
  for (const row of ROWS) collector.update({ value: row }, { stream });
  return collector;
}

describe("MetricCollector", () => {
  // The figures of a check in Avalanche 0.6.
  const mean = [17 / 3, 23 / 3] as const;
  for (const [timeReduce, wanted] of [
    [undefined, { plain: ROWS, sample: [7 / 3, 19 / 3, 37 / 3], experience: [2, 6, 12], weighted: [7, 19, 37] }],
    ["last", { plain: [11, 13], sample: 37 / 3, experience: 12, weighted: 37 }],
    [
      "mean",
      { plain: [...mean], sample: (mean[0] + mean[1] * 2) / 3, experience: (mean[0] + mean[1]) / 2, weighted: 21 },
    ],
  ] as const) {
    test(`get() takes ${timeReduce ?? "no"} time, and all, the mean or a weighted sum of experiences`, () => {
      const collector = collect();
      const close = (got: unknown, expected: unknown) => {
        const [flat, other] = [[got].flat(2), [expected].flat(2)];
        expect(flat.length).toBe(other.length);
        for (const [i, value] of flat.entries()) expect(value).toBeCloseTo(Number(other[i]), 10);
      };
      close(collector.get("value", { stream, timeReduce }), wanted.plain);
      const get = (experienceReduce: "sample-mean" | "experience-mean" | "weighted-sum", weights?: number[]) =>
        collector.get("value", { stream, timeReduce, experienceReduce, weights });
      close(get("sample-mean"), wanted.sample);
      close(get("experience-mean"), wanted.experience);
      close(get("weighted-sum", [1, 2]), wanted.weighted);
    });
  }

  test("the stream's name is part of the metric's", () => {
    const collector = new MetricCollector();
    collector.update({ "toy/value": [1, 3] });
    collector.update({ value: [5, 7] }, { stream });
    expect(collector.get("value", { stream })).toEqual([
      [1, 3],
      [5, 7],
    ]);
    expect(collector.get("toy/value", { timeReduce: "last" })).toEqual([5, 7]);
    expect(() => collector.get("value")).toThrow('needs one of "toy/value", got "value"; stream is part of the name');
    expect(() => new MetricCollector().get("value")).toThrow("update() to be called first");
  });

  test("getDict() and loadDict() go through JSON, and share nothing", () => {
    const collector = collect();
    const other = new MetricCollector();
    other.loadDict(JSON.parse(JSON.stringify(collector)));
    expect(other.getDict()).toEqual({ "toy/value": ROWS });
    other.getDict()["toy/value"]?.pop();
    other.update({ value: [0, 0] }, { stream });
    expect(other.get("value", { stream }).length).toBe(4);
    expect(collector.get("value", { stream }).length).toBe(3);
    for (const damaged of [{ a: [[1], [1, 2]] }, { a: [["1"]] }, { a: 1 }, { a: [] }]) {
      expect(() => other.loadDict(damaged as never)).toThrow("a needs rows of numbers of one length");
    }
    expect(other.getDict()["toy/value"]?.length).toBe(4);
  });

  test("update() refuses rows that have not a value an experience, and changes nothing then", () => {
    const collector = collect();
    expect(() => collector.update({ other: [1, 2], value: [1] }, { stream })).toThrow(
      "toy/value needs one value for each of 2 experiences, got 1",
    );
    expect(Object.keys(collector.getDict())).toEqual(["toy/value"]);
    collector.update({ free: [1, 2, 3] });
    expect(() => collector.update({ free: [1, 2] })).toThrow("free needs one value for each of 3 experiences");
  });

  test("get() refuses options that do not go together", () => {
    const collector = collect();
    collector.update({ free: [1, 2, 3] });
    expect(() => collector.get("free", { experienceReduce: "sample-mean" })).toThrow("requires stream");
    expect(() => collector.get("free", { experienceReduce: "weighted-sum" })).toThrow("weights require each other");
    expect(() => collector.get("free", { weights: [1, 2, 3] })).toThrow("weights require each other");
    expect(() => collector.get("free", { experienceReduce: "weighted-sum", weights: [1, 2] })).toThrow(
      "a weight for each of 3 experiences, got 2",
    );
    expect(() => collector.get("free", { timeReduce: "first" as never })).toThrow(
      'timeReduce must be "last" or "mean"',
    );
  });
});
