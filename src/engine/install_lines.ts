import { isBuilt } from "../core/package_module.ts";
import type { EngineKind } from "./engine_kind.ts";

/** What a device needs, and the line that installs it. */
export interface Requirement {
  readonly wanted: string;
  readonly install: string;
}

/** Dawn, which onnxruntime and the npm package "webgpu" carry, refuses the software driver of Mesa 22. */
const VULKAN =
  "the Vulkan driver of your GPU, or, to compute on the processor, apt-get install chromium and set " +
  "VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json";

/** The command that sets up a native library. */
export function nameSetup(parameters: string): string {
  return `${isBuilt(import.meta.url) ? "npx firn" : "npx bun run firn"} setup ${parameters}`;
}

/** What an engine needs on a device ("cpu", "webgpu", "cuda:0" …): said by the doctor, and where it is not there. */
export function findRequirement(engine: EngineKind, device: string): Requirement {
  const [place] = device.split(":");
  switch (`${engine} ${place}`) {
    case "onnxruntime cuda":
      return {
        wanted: "an NVIDIA GPU of that number, a driver for CUDA 13 and onnxruntime's CUDA provider",
        install: nameSetup("cuda"),
      };
    case "onnxruntime webgpu":
      return { wanted: "a Vulkan driver", install: VULKAN };
    case "onnxruntime cpu":
      return { wanted: "onnxruntime-node", install: "npm install onnxruntime-node@1.30.0" };
    case "tfjs cuda":
      return {
        wanted: "an NVIDIA driver and @tensorflow/tfjs-node-gpu",
        install: nameSetup("tensorflow --gpu"),
      };
    case "tfjs webgpu":
      return {
        wanted: "@tensorflow/tfjs-backend-webgpu, in Bun the package webgpu, and a Vulkan driver",
        install: `npm install --no-save @tensorflow/tfjs-backend-webgpu@4.22.0 webgpu, and ${VULKAN}`,
      };
    default:
      return { wanted: "@tensorflow/tfjs", install: "npm install @tensorflow/tfjs@4.22.0" };
  }
}
