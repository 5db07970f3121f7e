import { describe, expect, test } from "bun:test";
import { lenet5 } from "../../src/models/lenet5.ts";
import { mlpVAE } from "../../src/models/mlp_vae.ts";
import { assertModelSize } from "../../src/models/model_size.ts";
import { pnn } from "../../src/models/pnn.ts";
import { simpleMLP } from "../../src/models/simple_mlp.ts";

describe("assertModelSize()", () => {
  test("counts kernels and biases, and refuses more than 2^30", () => {
    assertModelSize("mlp", [784, 512, 10]);
    assertModelSize("mlp", [1023, 2 ** 20]);
    expect(() => assertModelSize("mlp", [1024, 2 ** 20])).toThrow(
      "mlp: a model may have at most 1073741824 parameters, this one has 1074790400",
    );
    assertModelSize("mlp", [1, 1, 2 ** 29 - 1]);
    expect(() => assertModelSize("mlp", [1, 1, 2 ** 29])).toThrow("this one has 1073741826");
  });

  test("is asked before dense models are built", () => {
    for (const build of [
      () => simpleMLP({ hiddenSize: 1e15 }),
      () => simpleMLP({ hiddenLayers: 3, hiddenSize: 50_000 }),
      () => simpleMLP({ hiddenLayers: 1e15 }),
      () => simpleMLP({ numClasses: 1e15 }),
      () => simpleMLP({ inputShape: [1e6, 1e6] }),
      () => pnn({ hiddenSize: 1e15 }),
      () => pnn({ hiddenLayers: 1e15 }),
      () => lenet5({ numClasses: 1e15 }),
      () => mlpVAE({ latentSize: 1e15 }),
      () => mlpVAE({ hiddenSizes: [1e6, 1e6] }),
    ]) {
      expect(build).toThrow(/at most (1073741824 parameters|1000)/);
    }
  });
});
