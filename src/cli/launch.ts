#!/usr/bin/env node
/**
 * What `firn` starts. Bun and Deno run the program here; Node.js, which cannot, starts it in the first of them that is
 * found. So this file has to run in Node.js 20.
 */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { resolveModule } from "../core/package_module.ts";

/** How a program is run, and the words before its name. */
interface Runtime {
  readonly program: string;
  readonly words: readonly string[];
}

const NOT_FOUND = "firn runs in Bun or Deno, and neither was found: npm install bun (or npm install deno)";
const FAILED = 1;
/** `node_modules/.bin` of the project that this package is installed in. */
const NEIGHBOURS = fileURLToPath(new URL("../../../../.bin", import.meta.url));

const main = resolveModule("./main.ts", import.meta.url);
if (process.versions.bun || process.versions.deno) await import(main.href);
else startIn(findRuntime());

/** The Bun that `bunx` runs in, or the first of Bun and Deno that answers. */
function findRuntime(): Runtime | undefined {
  const bunx = process.env.npm_config_user_agent?.startsWith("bun/") ? [process.env.npm_execpath ?? "bun"] : [];
  const nearBy = (name: string) => [name, join(NEIGHBOURS, name), join("node_modules", ".bin", name)];
  const candidates = [
    ...[...bunx, ...nearBy("bun")].map((program) => ({ program, words: [] })),
    ...nearBy("deno").map((program) => ({ program, words: ["run", "--allow-all", "--unstable-net"] })),
  ];
  return candidates.find(({ program }) => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0);
}

/** Leaves the terminal, and Ctrl-C, to the program, and ends as it ends. */
function startIn(runtime: Runtime | undefined): void {
  if (!runtime) {
    console.error(NOT_FOUND);
    process.exitCode = FAILED;
    return;
  }
  const words = [...runtime.words, fileURLToPath(main), ...process.argv.slice(2)];
  const child = spawn(runtime.program, words, { stdio: "inherit" });
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("close", (status, signal) => {
    if (signal === null) process.exit(status ?? FAILED);
    // What started this must see a process that was killed as one: a launcher of ranks goes on after such a loss alone.
    process.removeAllListeners("SIGINT").removeAllListeners("SIGTERM");
    process.kill(process.pid, signal);
  });
}
