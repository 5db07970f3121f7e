import { describe, expect, test } from "bun:test";
import { hashFrozenPart } from "../../../src/cluster/features/hash_frozen_part.ts";
import { prepareModel } from "../../../src/engine/create_engine.ts";
import type { CudaOptions } from "../../../src/engine/onnxruntime/cuda/cuda_options.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { onnxModel } from "../../../src/models/onnx_model.ts";

const path = new URL("../../onnx/import/networks/resnet.legacy.onnx", import.meta.url).pathname;

async function prepare(trainable: string, numClasses = 3) {
  const model = onnxModel({ path, trainable: [trainable], inputShape: [12, 12, 3], numClasses });
  const { topology, state } = flattenWeights(model);
  model.dispose();
  const prepared = await prepareModel("onnxruntime", topology);
  if (prepared.kind !== "onnxruntime" || !prepared.frozenPart) throw new Error("Wanted a frozen part");
  const { spec, frozenPart } = prepared;
  return { spec, frozenPart, state, options: { devices: ["cpu"], cuda: {} } };
}

function hashWith(model: Awaited<ReturnType<typeof prepare>>, cuda: CudaOptions): string {
  return hashFrozenPart({ ...model, options: { devices: ["cuda:0"], cuda } });
}

describe("hashFrozenPart()", () => {
  test("is of the layers, their weights and the device, and not of what is trained above", async () => {
    const model = await prepare("none");
    const own = hashFrozenPart(model);
    expect(own).toMatch(/^[0-9a-f]{64}$/);
    // Made anew, with another number of classes, and other names of models that were counted through.
    expect(hashFrozenPart(await prepare("none", 5))).toBe(own);
    expect(hashFrozenPart(await prepare("layer2.*"))).not.toBe(own);
    expect(hashFrozenPart({ ...model, options: { devices: ["cuda:0"], cuda: {} } })).not.toBe(own);
    for (const at of [0, 1, model.state.length - 2]) {
      const state = model.state.slice();
      state[at] = (state[at] ?? 0) + 1;
      expect(hashFrozenPart({ ...model, state })).not.toBe(own);
    }
  });

  test("is of what CUDA computes, and not of how arrays get there", async () => {
    const model = await prepare("none");
    const own = hashWith(model, { tf32: true });
    expect(hashWith(model, { tf32: true, pinnedMemory: true })).toBe(own);
    expect(hashWith(model, { tf32: false })).not.toBe(own);
    expect(hashWith(model, { tf32: true, convolutionSearch: "default" })).not.toBe(own);
  });
});
