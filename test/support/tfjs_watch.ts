/**
 * A program of its own: `tfjs_watch.ts MODULE WORDS…` loads a module of this project, which finds WORDS as the words of
 * its process, and says at the end on standard error whether TF.js was loaded into this process.
 */
import process from "node:process";

const [module = ""] = process.argv.splice(2, 1);
// TF.js keeps its engine there from the moment its core is loaded.
process.on("exit", () => process.stderr.write(`TF.js loaded: ${"_tfengine" in globalThis}\n`));
await import(new URL(`../../${module}`, import.meta.url).href);
