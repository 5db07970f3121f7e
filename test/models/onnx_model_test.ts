import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { listModelVariables } from "../../src/engine/tfjs/model_variables.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import { onnxModel } from "../../src/models/onnx_model.ts";
import type { OnnxModelOptions } from "../../src/models/options.ts";
import { findUnsupportedLayers } from "../../src/onnx/topology/parse_topology.ts";

const path = new URL("../onnx/import/networks/resnet.legacy.onnx", import.meta.url).pathname;
const inputShape = [12, 12, 3];

/** The names of what is trained and of what is not, and the model's topology. */
function inspect(options: OnnxModelOptions) {
  const model = onnxModel({ path, inputShape, ...options });
  const { layout, stateLayout } = listModelVariables(model);
  const { topology, parameters } = flattenWeights(model);
  const output = model.outputs[0]?.shape;
  model.dispose();
  const names = (entries: readonly { readonly name: string }[]) => entries.map(({ name }) => name);
  return { trained: names(layout.entries), kept: names(stateLayout.entries), topology, parameters, output };
}

describe("onnxModel()", () => {
  test("trains what was chosen, and a new classifier", () => {
    const all = inspect({ numClasses: 7 });
    expect(all.output).toEqual([null, 7]);
    expect(all.trained).toContain("network/stem.0.weight");
    expect(all.trained.slice(-2)).toEqual(["classifier/kernel", "classifier/bias"]);
    expect(all.kept.every((name) => /running_(mean|var)$/.test(name))).toBe(true);
    expect(findUnsupportedLayers(all.topology)).toEqual([]);
    expect(inspect({ trainable: ["none"] }).trained).toEqual(["classifier/kernel", "classifier/bias"]);
    const chosen = inspect({ trainable: ["layer2.conv*", "stem.1.bias"] }).trained;
    expect(chosen).toEqual([
      "network/stem.1.bias",
      "network/layer2.conv1.weight",
      "network/layer2.conv2.weight",
      "classifier/kernel",
      "classifier/bias",
    ]);
    expect(inspect({ trainable: ["last:1"], head: "keep" }).trained).toEqual(["network/fc.weight", "network/fc.bias"]);
  });

  test("begins with the file's weights, and draws the classifier by the seed", () => {
    const [a, b, other] = [inspect({ seed: 1 }), inspect({ seed: 1 }), inspect({ seed: 2 })];
    expect(b.parameters).toEqual(a.parameters);
    const classifier = 8 * 10 + 10;
    expect(other.parameters.subarray(0, -classifier)).toEqual(a.parameters.subarray(0, -classifier));
    expect(other.parameters).not.toEqual(a.parameters);
  });

  test("reads bytes as it reads the file", () => {
    const bytes = new Uint8Array(readFileSync(path));
    const model = onnxModel({ bytes, inputShape });
    expect(flattenWeights(model).parameters).toEqual(inspect({}).parameters);
    model.dispose();
  });

  test("refuses what it cannot make a model of, in one sentence", () => {
    const network = (options: OnnxModelOptions) => () => onnxModel(options);
    expect(network({})).toThrow("onnxModel: give path or bytes");
    expect(network({ path: "no/such.onnx" })).toThrow("no/such.onnx: there is no such file or folder");
    expect(network({ bytes: new TextEncoder().encode("{}") })).toThrow("the ONNX file is no ONNX model");
    expect(network({ bytes: new Uint8Array(0) })).toThrow("the ONNX file is no ONNX model: it holds no graph");
    const part = new Uint8Array(readFileSync(path)).subarray(0, 5000);
    expect(network({ bytes: part })).toThrow("the ONNX file is no ONNX model, or not the whole of one: ");
    expect(network({ path, inputShape: [28, 28, 1] })).toThrow(
      "resnet.legacy.onnx takes samples [3, 12, 12], got [28, 28, 1]",
    );
    expect(network({ path, trainable: ["layer9.*"] })).toThrow("trainable=layer9.* fits none of its weights");
    expect(network({ path, trainable: ["last:0"] })).toThrow("trainable=last:COUNT needs a whole number of at least 1");
    expect(network({ path, features: "nothing" })).toThrow("nothing");
    expect(network({ path, head: "keep", incremental: true })).toThrow("a head that grows requires head=replace");
  });
});
