import { describe, expect, test } from "bun:test";
import { compareConfigs, flattenConfig } from "../../src/report/flatten_config.ts";

describe("flattenConfig()", () => {
  test("gives settings by dotted key, a named thing as its name with its options", () => {
    const config = {
      strategy: { name: "ewc", options: { lambda: 0.4 } },
      plugins: [
        { name: "csv", options: {} },
        { name: "replay", options: { memSize: 5 } },
        { name: "replay", options: { memSize: 7 } },
      ],
      others: [{ a: 1 }, { b: 2 }],
      devices: ["cpu", "cuda:0"],
      empty: [],
      data: null,
      nested: { deep: { value: true } },
    };
    expect(flattenConfig(config)).toEqual([
      ["strategy", "ewc"],
      ["strategy.lambda", "0.4"],
      ["plugins", "csv, replay, replay"],
      ["plugins.replay.memSize", "5"],
      ["plugins.replay 2.memSize", "7"],
      ["others.1.a", "1"],
      ["others.2.b", "2"],
      ["devices", "cpu, cuda:0"],
      ["empty", "none"],
      ["data", "none"],
      ["nested.deep.value", "true"],
    ]);
    expect(flattenConfig(7)).toEqual([["config", "7"]]);
  });
});

describe("flattenConfig() of a strange file", () => {
  test("shows what is nested very deep as an ellipsis", () => {
    const config: unknown = JSON.parse(`${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`);
    expect(flattenConfig(config)).toEqual([[Array.from({ length: 16 }, () => "a").join("."), "…"]]);
  });

  test("takes every key for a key", () => {
    const config: unknown = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}');
    expect(flattenConfig(config)).toEqual([
      ["__proto__.x", "1"],
      ["constructor", "2"],
    ]);
  });
});

describe("compareConfigs()", () => {
  test("marks settings that differ or are missing", () => {
    expect(
      compareConfigs([
        { a: 1, b: 2 },
        { a: 1, b: 3 },
        { a: 1, c: 4, b: 2 },
      ]),
    ).toEqual([
      { key: "a", values: ["1", "1", "1"], isDifferent: false },
      { key: "b", values: ["2", "3", "2"], isDifferent: true },
      { key: "c", values: [undefined, undefined, "4"], isDifferent: true },
    ]);
  });
});
