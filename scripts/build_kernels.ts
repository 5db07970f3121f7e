/** `bun run build:kernels`: compiles the vector kernels to WebAssembly that stands in a TypeScript file, as text. */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { compileKernels, KERNELS_FILE } from "./compile_kernels.ts";

writeFileSync(KERNELS_FILE, await compileKernels());
process.stdout.write(`${KERNELS_FILE}\n`);
