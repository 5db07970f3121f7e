import { describe, expect, test } from "bun:test";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { openCarrier, readCarrierChoice } from "../../../src/engine/onnxruntime/choose_carrier.ts";

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

  test("leaves other devices to the addon, and refuses the C API there", async () => {
    const { name, description } = await openCarrier("cuda:0", undefined);
    expect(name).toBe("addon");
    expect(description).toContain("the C API is used on cpu, not on cuda:0");
    const refused = openCarrier("webgpu", "native");
    await expect(refused).rejects.toThrow("FIRN_ORT=native: the C API is used on cpu, not on webgpu");
    await expect(refused).rejects.toBeInstanceOf(RefusalError);
  });
});
