import { describe, expect, test } from "bun:test";
import { deserializeError, serializeError } from "../../../src/core/errors/error_data.ts";
import {
  assertInRange,
  assertWholeNumber,
  type Bounds,
  describeUnknownName,
  findNearestNames,
  RangeRefusal,
  RefusalError,
  SyntaxRefusal,
  TypeRefusal,
} from "../../../src/core/errors/errors.ts";

const REFUSALS = [
  [RefusalError, Error],
  [RangeRefusal, RangeError],
  [TypeRefusal, TypeError],
  [SyntaxRefusal, SyntaxError],
] as const;

describe("RefusalError", () => {
  test("knows all refusals by their mark, and each keeps its built-in class", () => {
    for (const [Refusal, BuiltIn] of REFUSALS) {
      const error = new Refusal("no");
      expect(error instanceof RefusalError).toBe(true);
      expect(error instanceof BuiltIn).toBe(true);
      expect(error.name).toBe(BuiltIn.name);
    }
  });

  test("knows no other error, whatever its text", () => {
    const defects = [new RangeError("Cannot read properties of undefined"), new Error("no"), null, undefined, "Cannot"];
    for (const defect of defects) expect((defect as unknown) instanceof RefusalError).toBe(false);
  });

  test("stays a refusal when an error crosses a Worker's border as data", () => {
    for (const [Refusal, BuiltIn] of REFUSALS) {
      const error = deserializeError(structuredClone(serializeError(new Refusal("no", { cause: new Error("why") }))));
      expect(error instanceof RefusalError).toBe(true);
      expect(error instanceof BuiltIn).toBe(true);
      expect(error.cause instanceof RefusalError).toBe(false);
    }
    expect(deserializeError(serializeError(new RangeError("no"))) instanceof RefusalError).toBe(false);
  });
});

describe("assertWholeNumber()", () => {
  test("says what the value must be, and what it is", () => {
    assertWholeNumber("Naive", "trainEpochs", 0);
    const refuse = (value: unknown, minimum?: number) => () =>
      assertWholeNumber("Naive", "trainEpochs", value, minimum);
    expect(refuse(0.5)).toThrow(new RangeRefusal("Naive: trainEpochs must be a whole number, got 0.5"));
    expect(refuse(-1)).toThrow("Naive: trainEpochs must be at least 0, got -1");
    expect(refuse(0, 1)).toThrow("Naive: trainEpochs must be at least 1, got 0");
    expect(refuse(Number.NaN)).toThrow(RangeRefusal);
    expect(refuse("5")).toThrow(new TypeRefusal('Naive: trainEpochs must be a whole number, got "5"'));
    expect(refuse(undefined)).toThrow(TypeRefusal);
  });
});

describe("assertInRange()", () => {
  test("says the bounds in words", () => {
    const refuse = (value: unknown, bounds: Bounds) => () => assertInRange("Adam", "beta1", value, bounds);
    assertInRange("Adam", "beta1", 0, { atLeast: 0, below: 1 });
    expect(refuse(1, { atLeast: 0, below: 1 })).toThrow("Adam: beta1 must be at least 0 and below 1, got 1");
    expect(refuse(0, { above: 0 })).toThrow("Adam: beta1 must be above 0, got 0");
    expect(refuse(2, { atLeast: 0, atMost: 1 })).toThrow("Adam: beta1 must be from 0 to 1, got 2");
    expect(refuse(-1, { atLeast: 0 })).toThrow("Adam: beta1 must be at least 0, got -1");
    expect(refuse(Number.POSITIVE_INFINITY, { atLeast: 0 })).toThrow("must be a finite number, got Infinity");
    expect(refuse("1", { atLeast: 0 })).toThrow(new TypeRefusal('Adam: beta1 must be a number, got "1"'));
    expect(refuse(null, { atLeast: 0 })).toThrow(TypeRefusal);
  });
});

describe("findNearestNames()", () => {
  test("prefers another spelling, then another word of the field, then the fewest other letters", () => {
    for (const [name, candidates, nearest] of [
      ["mem_size", ["memSize", "batchSize"], ["memSize"]],
      ["nExperiences", ["experiences", "experienceSize"], ["experiences"]],
      ["n_experiences", ["experiences", "experienceSize"], ["experiences"]],
      ["num_classes", ["numClasses", "classOrder"], ["numClasses"]],
      ["train_mb_size", ["trainMbSize", "evalMbSize"], ["trainMbSize"]],
      ["lr", ["learningRate", "momentum"], ["learningRate"]],
      ["ewc_lambda", ["lambda", "mode"], ["lambda"]],
      ["betas", ["beta1", "beta2", "epsilon"], ["beta1", "beta2"]],
      ["momentun", ["learningRate", "momentum"], ["momentum"]],
      ["lr", ["memSize", "batchSize"], []],
    ] as const) {
      expect(findNearestNames(name, candidates)).toEqual([...nearest]);
    }
  });
});

describe("describeUnknownName()", () => {
  test("shows the beginning of a long name, and looks for nothing near it", () => {
    const message = describeUnknownName("option", "a".repeat(1_000_000), ["abc"]);
    expect(message).toBe(`unknown option "${"a".repeat(200)}…" of 1000000 characters; known: abc`);
  });

  test("shows the first and the last of many names", () => {
    const names = Array.from({ length: 61 }, (_, i) => `value_${i}`);
    const shown = "value_0, value_1, value_2, value_3, …, value_57, value_58, value_59, value_60";
    expect(describeUnknownName("value", "z", names)).toBe(`unknown value "z"; known: ${shown}`);
    const all = names.slice(1);
    expect(describeUnknownName("value", "z", all)).toBe(`unknown value "z"; known: ${all.join(", ")}`);
  });
});
