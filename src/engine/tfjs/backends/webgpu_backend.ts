import * as tf from "@tensorflow/tfjs";
import { needs, RefusalError } from "../../../core/errors/errors.ts";
import { BACKEND_PACKAGES, importOptionalPackage } from "./optional_package.ts";

const { purpose: PURPOSE } = BACKEND_PACKAGES.webgpu;

/** The limits that TF.js's shaders want as high as the adapter allows. */
const LIMITS = [
  "maxBufferSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupStorageSize",
  "maxStorageBufferBindingSize",
] as const;

interface WebGPUPackage {
  readonly WebGPUBackend: new (device: GPUDevice, info: GPUAdapterInfo) => tf.KernelBackend;
}

interface DawnPackage {
  readonly globals: object;
  readonly create: (options: readonly string[]) => GPU;
}

/**
 * Registers the backend "webgpu". Deno brings WebGPU itself; Bun takes it from the npm package "webgpu" (Dawn). The
 * registration of tfjs-backend-webgpu 4.22 is replaced: it asks the device for a malformed list of features.
 * @throws {Error} If a package, WebGPU or an adapter is missing.
 */
export async function startWebGPUBackend(): Promise<void> {
  const { WebGPUBackend } = await importOptionalPackage<WebGPUPackage>(BACKEND_PACKAGES.webgpu, tf.version.tfjs);
  const gpu = await findGPU();
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new RefusalError(needs(`${PURPOSE}`, "a GPU adapter (is a Vulkan driver installed?)", adapter));
  const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  const device = await adapter.requestDevice({ requiredLimits });
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => new WebGPUBackend(device, adapter.info));
}

async function findGPU(): Promise<GPU> {
  if (!("gpu" in navigator)) {
    const { create, globals } = await importOptionalPackage<DawnPackage>({ name: "webgpu", purpose: PURPOSE });
    Object.assign(globalThis, globals);
    Object.defineProperty(navigator, "gpu", { value: create([]) });
  }
  return navigator.gpu;
}
