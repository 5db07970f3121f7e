import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { simpleCNN } from "../../../src/models/simple_cnn.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";

const ROWS = 4;

describe("createOnnxruntimeEngine()", () => {
  test("gives one gradient, when kernels are differentiated by a convolution and by products", async () => {
    const model = simpleCNN({ numClasses: 4 });
    const { topology, parameters, state } = flattenWeights(model);
    model.dispose();
    const stream = new RandomStream(1, "samples");
    const x = {
      data: Float32Array.from({ length: ROWS * 32 * 32 * 3 }, () => stream.normal()),
      shape: [ROWS, 32, 32, 3],
    };
    const dOutputs = Float32Array.from({ length: ROWS * 4 }, () => stream.normal());
    const gradients: Float32Array[] = [];
    for (const kernelGradient of ["convolution", "products"] as const) {
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology), kernelGradient });
      const gradient = new Float32Array(parameters.length);
      const dropoutKey = { seed: 0, step: 0, shard: 0 };
      const input = { x, taskLabels: new Int32Array(ROWS), mode: "train", dropoutKey } as const;
      await engine.backward({ parameters, state }, input, dOutputs, gradient);
      await engine.close();
      gradients.push(gradient);
    }
    const [plain = new Float32Array(0), products = new Float32Array(0)] = gradients;
    const largest = plain.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeGreaterThan(0.01);
    expect(plain.every((value, i) => Math.abs(value - (products[i] ?? Number.NaN)) < 1e-5 * largest)).toBe(true);
    // Sums in another order: bits differ, so that both ways were gone.
    expect(products).not.toEqual(plain);
  });
});
