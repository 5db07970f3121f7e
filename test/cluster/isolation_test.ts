import { describe, expect, test } from "bun:test";
import { isolateDevice, resolveIsolation } from "../../src/cluster/isolation.ts";

describe("resolveIsolation()", () => {
  const auto = { isolation: "auto", workers: 2 } as const;

  test("takes processes where threads cannot use the devices side by side", () => {
    expect(resolveIsolation("tfjs", { ...auto, devices: ["cuda:0", "cuda:1"] })).toBe("process");
    expect(resolveIsolation("tfjs", { ...auto, devices: ["cuda:1"] })).toBe("process");
    expect(resolveIsolation("onnxruntime", { ...auto, devices: ["webgpu", "webgpu"] })).toBe("process");
    // One device for both of them.
    expect(resolveIsolation("onnxruntime", { ...auto, devices: ["webgpu"] })).toBe("process");
    expect(resolveIsolation("onnxruntime", { ...auto, workers: 3, devices: ["webgpu", "cpu"] })).toBe("process");
  });

  test("takes threads anywhere else", () => {
    expect(resolveIsolation("tfjs", { ...auto, devices: ["cuda:0"] })).toBe("thread");
    expect(resolveIsolation("tfjs", { ...auto, devices: ["cpu"] })).toBe("thread");
    expect(resolveIsolation("onnxruntime", { ...auto, devices: ["cuda:0", "cuda:1"] })).toBe("thread");
    expect(resolveIsolation("onnxruntime", { ...auto, devices: ["webgpu", "cpu"] })).toBe("thread");
    expect(resolveIsolation("onnxruntime", { ...auto, workers: 1, devices: ["webgpu"] })).toBe("thread");
    // The second of them is nobody's.
    expect(resolveIsolation("onnxruntime", { ...auto, workers: 1, devices: ["webgpu", "webgpu"] })).toBe("thread");
    expect(resolveIsolation("tfjs", { ...auto, workers: 1, devices: ["cuda:0", "cuda:1"] })).toBe("thread");
    expect(resolveIsolation("tfjs", { ...auto, workers: 0, devices: ["cuda:1"] })).toBe("thread");
  });

  test("takes what was chosen", () => {
    for (const isolation of ["thread", "process"] as const) {
      expect(resolveIsolation("tfjs", { isolation, workers: 2, devices: ["cuda:0", "cuda:1"] })).toBe(isolation);
    }
  });
});

describe("isolateDevice()", () => {
  test("shows TF.js one GPU, of those that the coordinator sees", () => {
    const seen = (device: string, visible?: string) => isolateDevice("tfjs", device, { visible });
    expect(seen("cuda:1")).toEqual({ device: "cuda:0", environment: { CUDA_VISIBLE_DEVICES: "1" } });
    expect(seen("cuda:1", "4, 6")).toEqual({ device: "cuda:0", environment: { CUDA_VISIBLE_DEVICES: "6" } });
    expect(seen("cuda:0", "GPU-8932f937")).toEqual({
      device: "cuda:0",
      environment: { CUDA_VISIBLE_DEVICES: "GPU-8932f937" },
    });
  });

  test("leaves what needs no isolation", () => {
    expect(isolateDevice("tfjs", "cpu", { visible: "0" })).toEqual({ device: "cpu", environment: {} });
    expect(isolateDevice("onnxruntime", "cuda:1", { visible: "0" })).toEqual({ device: "cuda:1", environment: {} });
  });

  test("refuses a GPU that the coordinator does not see", () => {
    expect(() => isolateDevice("tfjs", "cuda:2", { visible: "4,6" })).toThrow(
      'device needs one of the 2 GPUs of CUDA_VISIBLE_DEVICES="4,6", cuda:0 to cuda:1, got "cuda:2"',
    );
  });
});
