import { describe, expect, test } from "bun:test";
import { IMPORT_RULES } from "../../../../src/onnx/import/rules/import_rules.ts";
import { ACTIVATION_CASES } from "./activation_cases.ts";
import { ARRANGEMENT_CASES } from "./arrangement_cases.ts";
import { ATTENTION_CASES } from "./attention_cases.ts";
import { compareImport } from "./compare_import.ts";
import { ELEMENTWISE_CASES } from "./elementwise_cases.ts";
import { INDEXING_CASES } from "./indexing_cases.ts";
import { MATRIX_CASES } from "./matrix_cases.ts";
import { NORMALIZATION_CASES } from "./normalization_cases.ts";
import { RECURRENT_CASES } from "./recurrent_cases.ts";
import { REDUCTION_CASES } from "./reduction_cases.ts";
import { WINDOW_CASES } from "./window_cases.ts";

const CASES = [
  ...ACTIVATION_CASES,
  ...ARRANGEMENT_CASES,
  ...ATTENTION_CASES,
  ...ELEMENTWISE_CASES,
  ...INDEXING_CASES,
  ...MATRIX_CASES,
  ...NORMALIZATION_CASES,
  ...RECURRENT_CASES,
  ...REDUCTION_CASES,
  ...WINDOW_CASES,
];

describe("IMPORT_RULES", () => {
  for (const importCase of CASES) {
    test(`${importCase.rule} gives onnxruntime's values and central differences, ${importCase.about}`, () =>
      compareImport(importCase));
  }

  test("has a case here for every rule", () => {
    const tested = new Set(CASES.map(({ rule }) => rule));
    expect(Object.keys(IMPORT_RULES).filter((rule) => !tested.has(rule))).toEqual([]);
  });
});
