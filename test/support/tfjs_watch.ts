/**
 * A program of its own: `tfjs_watch.ts MODULE WORDS…` loads a module of this project, which finds WORDS as the words of
 * its process, and says at the end on standard error how much of TF.js was loaded into this process: "nothing", what
 * "models" are made of, or "everything".
 */
import { createRequire } from "node:module";
import process from "node:process";

const [module = ""] = process.argv.splice(2, 1);
process.on("exit", () => process.stderr.write(`TF.js loaded: ${describeLoaded()}\n`));
await import(new URL(`../../${module}`, import.meta.url).href);

function describeLoaded(): string {
  // TF.js keeps its engine there from the moment its core is loaded.
  if (!("_tfengine" in globalThis)) return "nothing";
  const { getKernelsForBackend } = createRequire(import.meta.url)("@tensorflow/tfjs-core");
  return getKernelsForBackend("webgl").length > 0 ? "everything" : "models";
}
