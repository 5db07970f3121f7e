import { describe, expect, test } from "bun:test";
import { appendCuda } from "../../../../src/engine/onnxruntime/native/append_cuda.ts";
import type { Argument } from "../../../../src/engine/onnxruntime/native/native_api.ts";
import { openApi } from "./opened_api.ts";

/** Where the memory of every list seems to lie. */
const BASE = 0x7f00_0000_0000;

describe("appendCuda()", () => {
  test("gives the provider its options as addresses of texts that lie in what is lent", () => {
    const calls: { readonly name: string; readonly values: readonly Argument[] }[] = [];
    const api = {
      make: (name: string) => {
        calls.push({ name, values: [] });
        return 7;
      },
      call: (name: string, ...values: readonly Argument[]) => void calls.push({ name, values }),
      free: (name: string, address: number) => void calls.push({ name, values: [address] }),
      addressOf: ({ byteOffset }: ArrayBufferView) => BASE + byteOffset,
    };
    appendCuda(api, 5, { device_id: "1", use_tf32: "0" });
    const [made, updated, appended, freed] = calls;
    expect(made?.name).toBe("CreateCUDAProviderOptions");
    expect(appended).toEqual({ name: "SessionOptionsAppendExecutionProvider_CUDA_V2", values: [5, 7] });
    expect(freed).toEqual({ name: "ReleaseCUDAProviderOptions", values: [7] });
    const [options, names, values, count] = updated?.values ?? [];
    expect([options, count, calls.length]).toEqual([7, 2, 4]);
    expect([readTexts(names), readTexts(values)]).toEqual([
      ["device_id", "use_tf32"],
      ["1", "0"],
    ]);
  });

  test("frees the options where there is no such device, and says why in onnxruntime's words", async () => {
    const api = await openApi();
    const session = api.make("CreateSessionOptions");
    const live = () => api.countMade("CreateCUDAProviderOptions") - api.countFreed("ReleaseCUDAProviderOptions");
    const before = live();
    try {
      expect(() => appendCuda(api, session, { device_id: "99" })).toThrow(/libonnxruntime_providers|CUDA|device_id/);
      expect(live()).toBe(before);
    } finally {
      api.free("ReleaseSessionOptions", session);
    }
  });
});

function readTexts(list: Argument | undefined): string[] {
  if (!(list instanceof BigUint64Array)) throw new Error("it is no list of addresses");
  const bytes = new Uint8Array(list.buffer);
  return Array.from(list, (address) => {
    const start = Number(address) - BASE;
    return new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
  });
}
