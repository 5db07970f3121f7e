import { describe, expect, test } from "bun:test";
import { parseAdapter } from "../../../src/cli/options/adapter_text.ts";
import { LORA_OPTIONS } from "../../../src/models/lora.ts";

const parse = (...parts: string[]) => parseAdapter("onnx", parts, LORA_OPTIONS);

describe("parseAdapter()", () => {
  test("reads names, numbers and patterns, which a list's | has parted", () => {
    expect(parseAdapter("onnx", undefined, LORA_OPTIONS)).toBeUndefined();
    expect(parse("lora")).toEqual({});
    expect(parse("lora:rank=4;alpha=0.5;target=*.query.*", "*.value.*")).toEqual({
      rank: 4,
      alpha: 0.5,
      target: ["*.query.*", "*.value.*"],
    });
    expect(parse("lora:target=a|b,rank=2")).toEqual({ rank: 2, target: ["a", "b"] });
  });

  test("refuses other adapters, other options and other values", () => {
    expect(() => parse("ia3:rank=4")).toThrow('onnx: adapter: unknown adapter "ia3"; known: lora');
    expect(() => parse("lora:")).toThrow('onnx: adapter: expected key=value, got ""');
    expect(() => parse("lora:rank")).toThrow('onnx: adapter: expected key=value, got "rank"');
    expect(() => parse("lora:size=4")).toThrow('onnx: adapter: unknown option "size"; known: rank, alpha, target');
    expect(() => parse("lora:rank=4;rank=5")).toThrow("onnx: adapter: rank is given twice");
    expect(() => parse("lora:rank=0.5")).toThrow("onnx: adapter: rank must be a whole number of at least 1, got 0.5");
    expect(() => parse("lora:alpha=-1")).toThrow("onnx: adapter: alpha must be above 0, got -1");
  });
});
