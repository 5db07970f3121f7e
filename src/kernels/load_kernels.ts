import { findOrCreate } from "../core/find_or_create.ts";

/** Compiled once in a thread, for all memories. */
const compiled = new Map<string, WebAssembly.Module>();

/**
 * The functions of a compiled module of kernels over a memory, in this thread.
 * @param wasm In base64, as the build writes it.
 */
export function loadKernels<Functions>(wasm: string, memory: WebAssembly.Memory): Functions {
  const module = findOrCreate(compiled, wasm, () => new WebAssembly.Module(Uint8Array.fromBase64(wasm)));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  // The compiler has checked the source; here its exports are data that came from outside.
  return exports as unknown as Functions;
}
