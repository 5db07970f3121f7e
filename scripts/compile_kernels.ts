import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const SOURCE = fileURLToPath(new URL("../src/kernels/assembly/vector_kernels.ts", import.meta.url));

/** The file that carries the compiled kernels. */
export const KERNELS_FILE = fileURLToPath(new URL("../src/kernels/vector_kernels_wasm.ts", import.meta.url));

/**
 * Compiles the vector kernels to WebAssembly that imports a shared memory.
 * @returns The text of `KERNELS_FILE`.
 * @throws {Error} With the compiler's message.
 */
export async function compileKernels(): Promise<string> {
  const source = readFileSync(SOURCE, "utf8");
  let wasm: Uint8Array | undefined;
  const memory = ["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"];
  const features = ["--enable", "simd", "--enable", "threads", ...memory];
  const { error, stderr } = await asc.main(
    ["kernels.ts", "-O3", "--runtime", "stub", "--noAssert", ...features, "--outFile", "kernels.wasm"],
    {
      readFile: (name) => (name === "kernels.ts" ? source : null),
      writeFile: (_, contents) => {
        if (contents instanceof Uint8Array) wasm = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !wasm) throw new Error(`Cannot compile ${SOURCE}: ${stderr.toString() || error?.message}`);
  const lines = wasm.toBase64().match(/.{1,110}/g) ?? [];
  const literal = lines.map((line) => `  "${line}"`).join(" +\n");
  return `/** \`assembly/vector_kernels.ts\` as WebAssembly in base64. Made by \`bun run build:kernels\`. */
export const VECTOR_KERNELS_WASM =
${literal};
`;
}
