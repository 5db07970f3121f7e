import { describe, expect, test } from "bun:test";
import { describeRuntimeError } from "../../src/onnx/runtime_error.ts";

describe("describeRuntimeError()", () => {
  test("leaves out where in onnxruntime's source it happened", () => {
    const place = "/onnxruntime_src/onnxruntime/core/graph/model.cc:202 onnxruntime::Model::Model(const Logger&, bool)";
    for (const [text, said] of [
      [`${place} Unsupported model IR version: 99\n`, "Unsupported model IR version: 99"],
      [`${place} ep != nullptr was false. Failed to load library`, "Failed to load library"],
      [
        "Failed to load model because protobuf parsing failed.",
        "Failed to load model because protobuf parsing failed.",
      ],
    ] as const) {
      expect(describeRuntimeError(new Error(text))).toBe(said);
    }
  });
});
