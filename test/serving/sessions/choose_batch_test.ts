import { afterAll, describe, expect, test } from "bun:test";
import { encodeModel } from "../../../src/onnx/file/encode_model.ts";
import { createOnnxModel, int, ints } from "../../../src/onnx/file/onnx_model.ts";
import { connect } from "../../../src/serving/client/connect.ts";
import { serve } from "../../../src/serving/serve.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { makeNode } from "../../support/made_onnx.ts";

afterAll(removeFolders);

/** Scores that are the ids that the mask leaves, over the largest number of the mask: NaN where it hides all. */
function makeMasked(): Uint8Array<ArrayBuffer> {
  const input = (name: string) => ({ name, shape: ["N" as const, 2], dataType: "int64" as const });
  const graph = {
    name: "masked",
    nodes: [
      makeNode("Mul", ["ids", "mask"], "kept"),
      makeNode("Cast", ["kept"], "kept_floats", { to: int(1) }),
      makeNode("Cast", ["mask"], "mask_floats", { to: int(1) }),
      makeNode("ReduceMax", ["mask_floats"], "largest", { axes: ints([1]), keepdims: int(1) }),
      makeNode("Div", ["kept_floats", "largest"], "scores"),
    ],
    initializers: [],
    inputs: [input("ids"), input("mask")],
    outputs: [{ name: "scores", shape: ["N" as const, 2], dataType: "float32" as const }],
  };
  return encodeModel(createOnnxModel(graph, { metadata: {} }));
}

describe("warmUp()", () => {
  test("lets a model pass that answers NaN to a mask of zeros alone, which is refused as a request", async () => {
    const folder = await makeFolder({ "experience-000.onnx": makeMasked() });
    await using serving = await serve({ models: [{ path: folder, name: "masked" }] });
    const client = connect(serving.url);
    const { predictions } = await client.infer([[3, 5, 1, 0]]);
    expect([...(predictions[0]?.logits ?? [])]).toEqual([3, 0]);
    await expect(client.infer([[3, 5, 0, 0]])).rejects.toThrow('NaN or infinity in "scores" to this input');
  });
});
