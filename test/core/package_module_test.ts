import { describe, expect, test } from "bun:test";
import { isBuilt, resolveModule } from "../../src/core/package_module.ts";

describe("resolveModule()", () => {
  test("keeps the source in a clone", () => {
    const from = "file:///clone/src/cluster/cluster_options.ts";
    expect(isBuilt(from)).toBe(false);
    expect(resolveModule("../../workers/replica.ts", from).href).toBe("file:///clone/workers/replica.ts");
  });

  test("takes what the source was built to in the built package", () => {
    const from = "file:///firn/dist/src/cluster/cluster_options.js";
    expect(isBuilt(from)).toBe(true);
    expect(resolveModule("../../workers/replica.ts", from).href).toBe("file:///firn/dist/workers/replica.js");
  });
});
