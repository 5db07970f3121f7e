import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { RefusalError } from "../src/core/errors/errors.ts";

/** A module of kernels: its AssemblyScript source, and the TypeScript file that carries it compiled. */
export interface KernelModule {
  /** Below src/kernels/assembly, without its ending. */
  readonly name: string;
  readonly memory: readonly string[];
}

/** Parameters and gradients are shared by all threads; matrices and vectors that are held belong to one, and grow. */
export const KERNEL_MODULES: readonly KernelModule[] = [
  { name: "vector_kernels", memory: ["--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"] },
  { name: "matrix_kernels", memory: ["--initialMemory", "1"] },
  { name: "cholesky_kernels", memory: ["--initialMemory", "1"] },
  { name: "held_kernels", memory: ["--initialMemory", "1"] },
];

/** What modules are made of. */
const ASSEMBLY_FILES: ReadonlySet<string> = new Set(readdirSync(locate("assembly")));

/** The file that carries a module compiled. */
export function locateCompiled({ name }: KernelModule): string {
  return locate(`${name}_wasm.ts`);
}

/**
 * Compiles a module of kernels to WebAssembly that imports its memory.
 * @returns The text of the file that carries it.
 * @throws {Error} With the compiler's message.
 */
export async function compileKernels({ name, memory }: KernelModule): Promise<string> {
  const path = locate(`assembly/${name}.ts`);
  let wasm: Uint8Array | undefined;
  const features = ["--enable", "simd", "--enable", "threads", "--importMemory", ...memory];
  const { error, stderr } = await asc.main(
    [`${name}.ts`, "-O3", "--runtime", "stub", "--noAssert", ...features, "--outFile", "kernels.wasm"],
    {
      readFile: readAssembly,
      writeFile: (_, contents) => {
        if (contents instanceof Uint8Array) wasm = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !wasm) throw new RefusalError(`Cannot compile ${path}: ${stderr.toString() || error?.message}`);
  const lines = wasm.toBase64().match(/.{1,110}/g) ?? [];
  const literal = lines.map((line) => `  "${line}"`).join(" +\n");
  return `/** \`assembly/${name}.ts\` as WebAssembly in base64. Made by \`bun run build:kernels\`. */
export const ${name.toUpperCase()}_WASM =
${literal};
`;
}

/** The compiler adds an ending to the path of an import, which has one. */
function readAssembly(path: string): string | null {
  const name = path.replace(/(\.ts)+$/, ".ts");
  return ASSEMBLY_FILES.has(name) ? readFileSync(locate(`assembly/${name}`), "utf8") : null;
}

function locate(path: string): string {
  return fileURLToPath(new URL(`../src/kernels/${path}`, import.meta.url));
}
