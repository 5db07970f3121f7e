import { fileURLToPath } from "node:url";
import { registerWasmKernels } from "./wasm_kernels.ts";

/**
 * Registers the backend "wasm", with one thread: neither Bun nor Deno can start its threads. Its binaries are read from the
 * package's own folder, by path, which works in both. Kernels that it lacks are added.
 */
export async function loadWasmBackend(): Promise<void> {
  const { setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  const entry = import.meta.resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(fileURLToPath(new URL("./", entry)));
  setThreadsCount(1);
  registerWasmKernels();
}
