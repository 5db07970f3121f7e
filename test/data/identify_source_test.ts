import { describe, expect, test } from "bun:test";
import { copyToSharedFloat32, copyToSharedInt32 } from "../../src/core/shared/shared_memory.ts";
import { createDataSource, type DataSource } from "../../src/data/data_source.ts";
import { identifySource } from "../../src/data/identify_source.ts";

function makeSource(change: Partial<DataSource> = {}): DataSource {
  return createDataSource({
    name: "made",
    x: copyToSharedFloat32([1, 2, 3, 4, 5, 6]),
    y: copyToSharedInt32([0, 1, 0]),
    sampleShape: [2],
    taskLabel: 0,
    transforms: [],
    ...change,
  });
}

describe("identifySource()", () => {
  test("is of the values that a model is given, and not of targets, tasks and names", async () => {
    const own = await identifySource(makeSource());
    const same = { name: "other", y: copyToSharedInt32([1, 1, 2]), taskLabel: 4 };
    expect(await identifySource(makeSource(same))).toBe(own);
    const permute = (order: readonly number[]) =>
      makeSource({ transforms: [{ kind: "permute", order: copyToSharedInt32(order) }] });
    const others = [
      makeSource({ x: copyToSharedFloat32([1, 2, 3, 4, 5, 7]) }),
      makeSource({ sampleShape: [2, 1] }),
      makeSource({ transforms: [{ kind: "scale", factor: 2, offset: 0 }] }),
      permute([0, 1]),
      permute([1, 0]),
    ];
    const ids = await Promise.all(others.map(identifySource));
    expect(new Set([own, ...ids]).size).toBe(6);
    expect(await identifySource(permute([1, 0]))).toBe(ids[4] ?? "");
  });
});
