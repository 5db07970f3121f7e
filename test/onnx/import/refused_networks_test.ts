import { describe, expect, test } from "bun:test";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { onnxModel } from "../../../src/models/onnx_model.ts";
import { encodeModel } from "../../../src/onnx/file/encode_model.ts";
import { createOnnxModel, int, type OnnxNode, string } from "../../../src/onnx/file/onnx_model.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { KEY } from "../../engine/engine_fixtures.ts";
import { node, type Operand, toTensor, weight, whole } from "./rules/import_case.ts";

/** A file on samples [N, 3], in which every weight is of ones. */
function encode(nodes: readonly OnnxNode[], operands: Readonly<Record<string, Operand>>): Uint8Array {
  const initializers = Object.entries(operands).flatMap(([name, operand]) => {
    if (operand.kind === "none") return [];
    return [toTensor(name, operand, (shape) => new Float32Array(shape.reduce((size, axis) => size * axis, 1)).fill(1))];
  });
  const inputs = [{ name: "x", dataType: "float32", shape: ["N", 3] }] as const;
  const outputs = [{ name: "y", dataType: "float32", shape: ["N", 2] }] as const;
  return encodeModel(createOnnxModel({ name: "network", nodes, initializers, inputs, outputs }, { opsetVersion: 18 }));
}

/** x · W · H, where W [3, 4] has had the larger of two numbers written into it, which has no gradient. */
const SCATTERED = encode(
  [
    node("ScatterElements", ["w.weight", "at", "u.weight"], {
      attributes: { axis: int(1), reduction: string("max") },
      outputs: ["scattered"],
    }),
    node("MatMul", ["x", "scattered"], { outputs: ["hidden"] }),
    node("MatMul", ["hidden", "h.weight"]),
  ],
  {
    "w.weight": weight([3, 4]),
    "u.weight": weight([3, 1]),
    "h.weight": weight([4, 2]),
    at: whole([0, 1, 2], [3, 1]),
  },
);

describe("onnxModel()", () => {
  test("refuses what is trained through an operator without a gradient, and names the node", () => {
    const message =
      "the ONNX file: weights before ScatterElements (scattered) cannot be trained, trainable= can leave them out: " +
      'Cannot differentiate ScatterElements: the gradient of ScatterElements needs the reduction none or add, got "max"';
    expect(() => onnxModel({ bytes: SCATTERED, head: "keep" })).toThrow(message);
    expect(() => onnxModel({ bytes: SCATTERED, head: "keep", trainable: ["u.*"] })).toThrow(message);
  });

  test("takes such an operator in the part that stays as it is, and trains the rest", async () => {
    const model = onnxModel({ bytes: SCATTERED, head: "keep", trainable: ["h.*"] });
    const { topology, parameters, state } = flattenWeights(model);
    model.dispose();
    const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
    const results = {
      outputs: new Float32Array(2),
      losses: new Float32Array(1),
      gradient: new Float32Array(engine.layout.size),
    };
    await engine.gradient(
      { parameters, state },
      {
        x: { data: Float32Array.of(1, 2, 3), shape: [1, 3] },
        taskLabels: new Int32Array(1),
        mode: "train",
        dropoutKey: KEY,
      },
      { kind: "cross-entropy", targets: Float32Array.of(1, 0), weights: Float32Array.of(1) },
      results,
    );
    await engine.close();
    expect([...results.outputs]).toEqual([24, 24]);
    // (softmax − target) times 6, the sum of the samples.
    expect([...results.gradient]).toEqual([-3, 3, -3, 3, -3, 3, -3, 3]);
  });

  for (const [op, reason] of [
    ["DequantizeLinear", "it is quantised: give the model of floats that it was made from"],
    ["QLinearMatMul", "it is quantised"],
    ["com.microsoft.MatMulNBits", "it is quantised"],
    ["DynamicQuantizeLinear", "it is quantised"],
    ["MatMulInteger", "it is quantised"],
    ["Loop", "it is control flow: export the model without it"],
    ["RandomNormalLike", "it draws random numbers: export the model in evaluation mode"],
    ["NonZero", "the shape of what it gives depends on values"],
    ["Det", "there is no rule for this operator"],
  ] as const) {
    test(`refuses ${op} by its name, and says why`, () => {
      const bytes = encode([node(op, ["x"], { outputs: ["z"] }), node("MatMul", ["z", "h.weight"])], {
        "h.weight": weight([3, 2]),
      });
      expect(() => onnxModel({ bytes, head: "keep" })).toThrow(`the ONNX file: Cannot import ${op} (z): ${reason}`);
    });
  }
});
