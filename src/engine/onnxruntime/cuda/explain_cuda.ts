import { nameSetup } from "../../install_lines.ts";
import type { CudaProviderState } from "./cuda_provider.ts";

/** Why CUDA cannot be used, and what to do. */
export interface CudaExplanation {
  /** "its CUDA provider is not installed": what the sentence about a device goes on with. */
  readonly problem: string;
  readonly install: string;
}

/** CUDA 13 works with this driver and later ones. */
const DRIVER = "NVIDIA's driver R580 or later: apt-get install nvidia-driver";
const SETUP = nameSetup("cuda");
const LISTS = "a GPU that the driver sees: nvidia-smi lists them, CUDA_VISIBLE_DEVICES hides others";
const INSUFFICIENT_DRIVER = 35;
const NO_SUCH_NUMBER = 101;

/**
 * Why onnxruntime cannot compute on a CUDA device.
 * @param words What onnxruntime said when it was tried. It is asked only where its provider can be loaded.
 */
export function explainCuda(state: CudaProviderState, words = ""): CudaExplanation {
  switch (state.kind) {
    case "absent":
      return { problem: "its CUDA provider is not installed", install: SETUP };
    case "unloadable":
      return {
        problem: `its CUDA provider does not load (${state.words})`,
        install: /libcuda\.so|undefined symbol: cu[A-Z]/.test(state.words) ? DRIVER : SETUP,
      };
    case "loadable":
      return explainFailure(words);
  }
}

function explainFailure(words: string): CudaExplanation {
  const [said = words, code] = /CUDA failure (\d+): [^;]*[^; ]/.exec(words) ?? [];
  switch (Number(code)) {
    case INSUFFICIENT_DRIVER:
      return { problem: `the driver is too old for CUDA 13 (${said})`, install: DRIVER };
    case NO_SUCH_NUMBER:
      return { problem: `there is no GPU of that number (${said})`, install: LISTS };
    default:
      return { problem: `its CUDA provider loads and finds no GPU that it can use (${said})`, install: LISTS };
  }
}
