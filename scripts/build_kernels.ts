/** `bun run build:kernels`: compiles the kernels to WebAssembly that stands in TypeScript files, as text. */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { compileKernels, KERNEL_MODULES, locateCompiled } from "./compile_kernels.ts";

for (const module of KERNEL_MODULES) {
  writeFileSync(locateCompiled(module), await compileKernels(module));
  process.stdout.write(`${locateCompiled(module)}\n`);
}
