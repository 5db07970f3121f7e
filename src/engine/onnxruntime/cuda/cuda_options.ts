import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { flag, oneOf, partOf } from "../../../core/options/value_rules.ts";
import { findLibrary } from "../native/library_path.ts";

/** How cuDNN chooses the algorithm of a convolution: by trying all of them, by its rules, or always the same. */
export const CONVOLUTION_SEARCHES = ["exhaustive", "heuristic", "default"] as const;

/** How onnxruntime computes on CUDA devices. */
export interface CudaOptions {
  /** Whether products of float32 are computed in TF32, with 10 bits of mantissa. Default: true. */
  readonly tf32?: boolean | undefined;
  /** Default: "exhaustive", which takes long when shapes are first seen. */
  readonly convolutionSearch?: (typeof CONVOLUTION_SEARCHES)[number] | undefined;
  /** Whether arrays that are copied at each step are locked, so that the device reads them in place. Default: false. */
  readonly pinnedMemory?: boolean | undefined;
}

/** What `CudaOptions` may be. */
export const cudaOptionsRule = partOf({
  tf32: flag(),
  convolutionSearch: oneOf(CONVOLUTION_SEARCHES),
  pinnedMemory: flag(),
});

/** The same, and what only code that keeps its memory on the device sets. */
export interface CudaSettings extends CudaOptions {
  /** The address of the CUDA stream that sessions compute in. Default: one of onnxruntime's own. */
  readonly computeStream?: number;
  /** Whether runs are captured as CUDA graphs. All that is bound must lie on the device then, and stay there. */
  readonly graphs?: boolean;
}

/**
 * The options of onnxruntime's CUDA provider by its own names. What is left to its default is not listed.
 * @param hasCudnn False where cuDNN was left out: onnxruntime then takes its own kernels where it has some.
 */
export function listProviderOptions(
  deviceId: number,
  { tf32, convolutionSearch, computeStream, graphs }: CudaSettings = {},
  hasCudnn = findCudnn(),
): Readonly<Record<string, string>> {
  return {
    device_id: String(deviceId),
    ...(tf32 === undefined ? {} : { use_tf32: tf32 ? "1" : "0" }),
    ...(convolutionSearch === undefined ? {} : { cudnn_conv_algo_search: convolutionSearch.toUpperCase() }),
    // An address has up to 47 bits: no digit is lost.
    ...(computeStream === undefined ? {} : { user_compute_stream: String(computeStream) }),
    ...(graphs === undefined ? {} : { enable_cuda_graph: graphs ? "1" : "0" }),
    ...(hasCudnn ? {} : { enable_cudnn: "0" }),
  };
}

/** False where NVIDIA's libraries were set up beside onnxruntime's without cuDNN. Elsewhere the loader looks for it. */
function findCudnn(): boolean {
  const folder = join(dirname(findLibrary()), "cuda");
  return !existsSync(folder) || existsSync(join(folder, "libcudnn.so.9"));
}
