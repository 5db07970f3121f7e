import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createParameterLayout } from "../../../src/core/parameter_layout.ts";
import { copyToSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";
import { encodeKeptWeights, LEAST_KEPT_VALUES, readKeptWeights } from "../../../src/runs/models/kept_weights.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

/** A layer state in shared memory, as replicas have it. */
function makeState(size: number) {
  const layout = createParameterLayout([
    { name: "norm/mean", shape: [3] },
    { name: "body/kernel", shape: [size - 3] },
  ]);
  return { state: copyToSharedFloat32(Float32Array.from({ length: size }, (_, i) => Math.sin(i))), layout };
}

describe("encodeKeptWeights()", () => {
  test("gives a file from which the weights come back, bit for bit", async () => {
    const { state, layout } = makeState(LEAST_KEPT_VALUES);
    const kept = encodeKeptWeights({ state, layout });
    const folder = await makeFolder({});
    await writeFile(join(folder, "frozen_weights.safetensors"), kept?.bytes ?? "");
    const { origin, values } = await readKeptWeights(folder, kept?.origin.file);
    expect(origin).toEqual(kept?.origin as typeof origin);
    expect([...values.keys()]).toEqual(["norm/mean", "body/kernel"]);
    expect(values.get("norm/mean")).toEqual(Float32Array.from(state.subarray(0, 3)));
    expect(values.get("body/kernel")).toEqual(Float32Array.from(state.subarray(3)));
  });

  test("gives none for few weights, which every checkpoint may hold", () => {
    expect(encodeKeptWeights(makeState(LEAST_KEPT_VALUES - 1))).toBeUndefined();
  });
});
