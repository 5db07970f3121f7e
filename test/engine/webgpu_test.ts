import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { measureDifference } from "./engine_fixtures.ts";

/** The software driver in Debian's chromium: onnxruntime refuses Mesa 22's. Deno's own WebGPU takes either. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
/** A software driver takes seconds to compile a convolution. */
const LIMIT_MS = 180_000;
/** After three steps, of parameters of the order of 1; a GPU rounds its exponentials in its own way. */
const TOLERANCE = 1e-4;

const empty = new Float32Array(0);

interface Ending {
  readonly succeeded: boolean;
  readonly lines: readonly string[];
}

/** Runs a program of this project in a process of its own, in the runtime at hand. */
function runProgram(script: string, parameters: readonly string[]): Promise<Ending> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const flags = process.versions.deno ? ["run", "--allow-all", "--no-check"] : [];
  const env: Record<string, string | undefined> = { ...process.env };
  if (existsSync(SWIFTSHADER)) env.VK_ICD_FILENAMES ??= SWIFTSHADER;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...flags, file, ...parameters], { env, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text: Buffer) => {
      stdout += String(text);
    });
    child.stderr.on("data", (text: Buffer) => {
      stderr += String(text);
    });
    child.on("close", (code) => {
      const lines = `${stderr}\n${stdout}`.split("\n").filter((line) => line.trim() !== "");
      resolve({ succeeded: code === 0, lines });
    });
  });
}

/** The model's parameters after some steps, and its logits. */
async function trainOn(engine: string, device: string): Promise<Float32Array[]> {
  const { succeeded, lines } = await runProgram("./webgpu_steps.ts", [engine, device]);
  if (!succeeded) throw new Error(lines.join("\n"));
  const answer: { readonly parameters: number[]; readonly outputs: number[] } = JSON.parse(lines.at(-1) ?? "null");
  return [answer.parameters, answer.outputs].map((values) => Float32Array.from(values));
}

// Asked before the tests are made, so that one that is skipped can say why.
const engines: { readonly engine: string; readonly reason: string | undefined }[] = [];
for (const engine of ["onnxruntime", "tfjs"]) {
  const { succeeded, lines } = await runProgram("../../src/cli/doctor/engine_probe.ts", [engine, "webgpu"]);
  engines.push({ engine, reason: succeeded ? undefined : (lines.at(-1) ?? "the engine ended without a word") });
}

describe("Training on --device webgpu", () => {
  for (const { engine, reason } of engines) {
    const remark = reason === undefined ? "" : ` (skipped: ${reason})`;
    test.if(reason === undefined)(
      `gives ${engine} the parameters and logits that the processor gives onnxruntime${remark}`,
      async () => {
        const [parameters = empty, logits = empty] = await trainOn(engine, "webgpu");
        const [wanted = empty, wantedLogits = empty] = await trainOn("onnxruntime", "cpu");
        expect(wanted.length).toBeGreaterThan(100);
        expect(measureDifference(parameters, wanted)).toBeLessThan(TOLERANCE);
        expect(measureDifference(logits, wantedLogits)).toBeLessThan(TOLERANCE);
      },
      LIMIT_MS,
    );
  }
});
