import { describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { chooseCarrier, openCarrier, readCarrierChoice } from "../../../src/engine/onnxruntime/choose_carrier.ts";
import { openNative } from "../../../src/engine/onnxruntime/native/find_native.ts";
import { findLibrary } from "../../../src/engine/onnxruntime/native/library_path.ts";
import { assertComputes } from "../../../src/engine/onnxruntime/native/self_test.ts";

describe("readCarrierChoice()", () => {
  test("gives the carrier that FIRN_ORT names, and refuses other values", () => {
    expect(readCarrierChoice("addon")).toBe("addon");
    expect(readCarrierChoice("native")).toBe("native");
    expect(readCarrierChoice("")).toBeUndefined();
    expect(() => readCarrierChoice("nativ")).toThrow('FIRN_ORT must be "native" or "addon", got "nativ"');
    expect(() => readCarrierChoice("nativ")).toThrow(RangeError);
  });
});

describe("openCarrier()", () => {
  test("gives the carrier that is asked for, and says why", async () => {
    const [native, addon] = [await openCarrier("cpu", "native"), await openCarrier("cpu", "addon")];
    expect([native.name, addon.name]).toEqual(["native", "addon"]);
    expect(native.description).toMatch(/^the C API of onnxruntime 1\.\d+\.\d+$/);
    expect(addon.description).toBe("the addon of onnxruntime-node (FIRN_ORT=addon)");
  });

  test("computes on CUDA by the C API, leaves webgpu to the addon, and refuses the C API there", async () => {
    expect((await openCarrier("cuda:0", undefined)).name).toBe("native");
    const { name, description } = await openCarrier("webgpu", undefined);
    expect(name).toBe("addon");
    expect(description).toContain("the C API is used on cpu and cuda, not on webgpu");
    const refused = openCarrier("webgpu", "native");
    await expect(refused).rejects.toThrow("FIRN_ORT=native: the C API is used on cpu and cuda, not on webgpu");
    await expect(refused).rejects.toBeInstanceOf(RefusalError);
  });
});

describe("chooseCarrier()", () => {
  const missing = () => openNative(() => join(tmpdir(), "no-such-folder", "libonnxruntime.so.1"));
  const unknown = () => openNative(() => findLibrary({ platform: "sunos", arch: "sparc" }));

  test("falls back to an addon that computes and says why, when the library cannot be opened", async () => {
    for (const [open, reason] of [
      [missing, "no-such-folder"],
      [unknown, "onnxruntime-node has no library for sunos"],
    ] as const) {
      const carrier = await chooseCarrier(await open(), undefined);
      expect(carrier.name).toBe("addon");
      expect(carrier.description).toMatch(/^the addon of onnxruntime-node \(the C API cannot be used: .+\)$/);
      expect(carrier.description).toContain(reason);
      await assertComputes(carrier);
    }
  });

  test("refuses, when the library cannot be opened and is forced", async () => {
    const refused = chooseCarrier(await unknown(), "native");
    await expect(refused).rejects.toThrow("FIRN_ORT=native: the C API cannot be used: onnxruntime-node has no library");
    await expect(refused).rejects.toBeInstanceOf(RefusalError);
  });
});
