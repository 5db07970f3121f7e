/**
 * The functions of a compiled module of kernels over a memory, in this thread.
 * @param wasm In base64, as the build writes it.
 */
export function loadKernels<Functions>(wasm: string, memory: WebAssembly.Memory): Functions {
  const module = new WebAssembly.Module(Uint8Array.fromBase64(wasm));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  // The compiler has checked the source; here its exports are data that came from outside.
  return exports as unknown as Functions;
}
