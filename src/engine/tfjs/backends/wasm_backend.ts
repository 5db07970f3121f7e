import process from "node:process";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { registerWasmKernels } from "./wasm_kernels.ts";
import { repairWasmStrides } from "./wasm_strides.ts";

/** The events that Emscripten's start-up code listens to. */
const EVENTS: readonly string[] = ["uncaughtException", "unhandledRejection"];

/**
 * Starts the backend "wasm", with one thread: neither Bun nor Deno can start its threads. Its binaries are read from
 * the package's own folder, by path, which works in both. Kernels that it lacks are added.
 */
export async function startWasmBackend(): Promise<void> {
  const { setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  const entry = import.meta.resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(fileURLToPath(new URL("./", entry)));
  setThreadsCount(1);
  registerWasmKernels();
  repairWasmStrides();
  await withoutNewListeners(() => tf.setBackend("wasm"));
}

/**
 * Emscripten's handlers throw anew what was thrown: left in place, they would make 7 of a failed program's exit status.
 */
async function withoutNewListeners(start: () => Promise<unknown>): Promise<void> {
  const before = EVENTS.map((event) => new Set(process.rawListeners(event)));
  await start();
  EVENTS.forEach((event, i) => {
    for (const listener of process.rawListeners(event)) {
      if (!before[i]?.has(listener)) process.off(event, listener);
    }
  });
}
