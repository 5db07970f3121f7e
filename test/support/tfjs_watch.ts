/**
 * A program of its own: `tfjs_watch.ts THINGS` does one thing after another, listed in JSON, and says after each on
 * standard error how much of TF.js is loaded into this process by then: "nothing", what "models" are made of, or
 * "everything". A text is a module of this project, which is loaded; a list is words of a command line, which runs
 * until its end, or, if it serves, until it listens.
 */
import { createRequire } from "node:module";
import process from "node:process";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { captureCli } from "./captured_cli.ts";

const things: (string | string[])[] = JSON.parse(process.argv[2] ?? "");
say();
for (const thing of things) {
  if (typeof thing === "string") await import(new URL(`../../${thing}`, import.meta.url).href);
  else await runCommand(thing);
  say();
}

async function runCommand(words: readonly string[]): Promise<void> {
  const controller = new AbortController();
  const stop = () => words[0] === "serve" && controller.abort(new StopRequest("SIGTERM"));
  const { status, stderr } = await captureCli(words, { signal: controller.signal, listen: stop });
  if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status}: ${stderr}`);
}

function say(): void {
  process.stderr.write(`TF.js loaded: ${describeLoaded()}\n`);
}

function describeLoaded(): string {
  // TF.js keeps its engine there from the moment its core is loaded.
  if (!("_tfengine" in globalThis)) return "nothing";
  const { getKernelsForBackend } = createRequire(import.meta.url)("@tensorflow/tfjs-core");
  return getKernelsForBackend("webgl").length > 0 ? "everything" : "models";
}
