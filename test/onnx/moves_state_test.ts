import { describe, expect, test } from "bun:test";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import { onnxModel } from "../../src/models/onnx_model.ts";
import { slimResNet18 } from "../../src/models/slim_resnet18.ts";
import { movesState } from "../../src/onnx/engine_graphs.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { createMlpTopology } from "./topologies.ts";

const path = new URL("import/networks/resnet.legacy.onnx", import.meta.url).pathname;

describe("movesState()", () => {
  test("is true where training moves statistics, and false for weights that are frozen", () => {
    const ask = (model: ReturnType<typeof onnxModel>) => {
      const { topology } = flattenWeights(model);
      model.dispose();
      return movesState(parseTopology(topology));
    };
    expect(movesState(parseTopology(createMlpTopology()))).toBe(false);
    expect(ask(slimResNet18({ inputShape: [8, 8, 3] }))).toBe(true);
    expect(ask(onnxModel({ path, trainable: ["all"] }))).toBe(true);
    expect(ask(onnxModel({ path, trainable: ["layer2.conv*"] }))).toBe(false);
    expect(ask(onnxModel({ path, trainable: ["none"] }))).toBe(false);
  });
});
