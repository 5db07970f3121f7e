import { describe, expect, test } from "bun:test";
import { listProviderOptions } from "../../../../src/engine/onnxruntime/cuda/cuda_options.ts";

describe("listProviderOptions()", () => {
  test("names the device, and nothing that is left to its default", () => {
    expect(listProviderOptions(1, {}, true)).toEqual({ device_id: "1" });
  });

  test("names options as the provider does", () => {
    const settings = { tf32: false, convolutionSearch: "heuristic", computeStream: 2 ** 46 + 1, graphs: true } as const;
    expect(listProviderOptions(0, settings, false)).toEqual({
      device_id: "0",
      use_tf32: "0",
      cudnn_conv_algo_search: "HEURISTIC",
      user_compute_stream: "70368744177665",
      enable_cuda_graph: "1",
      enable_cudnn: "0",
    });
  });
});
