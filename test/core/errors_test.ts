import { describe, expect, test } from "bun:test";
import { deserializeError, serializeError } from "../../src/core/error_data.ts";
import {
  assertKnownOptions,
  describeUnknownName,
  RangeRefusal,
  RefusalError,
  SyntaxRefusal,
  TypeRefusal,
} from "../../src/core/errors.ts";

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

describe("assertKnownOptions()", () => {
  test("names the option that there is not, and the nearest ones", () => {
    const names = { learningRate: true, momentum: true } as const;
    assertKnownOptions("SGD", { momentum: undefined }, names);
    const refused = () => assertKnownOptions("SGD", { momentun: 0.9 }, names);
    expect(refused).toThrow(TypeRefusal);
    expect(refused).toThrow('SGD: unknown option "momentun", did you mean momentum?');
    const far = () => assertKnownOptions("SGD", { nesterovAcceleration: true }, names);
    expect(far).toThrow('SGD: unknown option "nesterovAcceleration"; known: learningRate, momentum');
  });
});

describe("describeUnknownName()", () => {
  test("shows the beginning of a long name, and looks for nothing near it", () => {
    const message = describeUnknownName("option", "a".repeat(1_000_000), ["abc"]);
    expect(message).toBe(`unknown option "${"a".repeat(200)}…" of 1000000 characters; known: abc`);
  });
});
