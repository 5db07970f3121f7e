import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describeCause } from "../../src/core/errors/errors.ts";
import { findPythons } from "../bench/contestants/find_pythons.ts";
import { type CheckSizes, listRows } from "./check_models.ts";
import type { PeerStep } from "./gpu_report.ts";

/** What PyTorch gave, or in one line why not. */
export interface PeerAnswer {
  readonly steps: readonly PeerStep[];
  readonly reason?: string;
}

const SCRIPT = fileURLToPath(new URL("../peers/gpu_torch.py", import.meta.url));
const TIMEOUT_MS = 240_000;

/** An interpreter with PyTorch; undefined where there is none. @param wanted "" looks at the usual places. */
export async function findTorch(wanted: string): Promise<string | undefined> {
  const found = await findPythons(wanted === "" ? [] : [wanted]).catch(() => []);
  return found.find(({ torch }) => torch !== undefined)?.path;
}

/** Writes the networks into a folder. Returns why that was not possible; undefined where it was. */
export async function writeNetworks(python: string, folder: string, sizes: CheckSizes): Promise<string | undefined> {
  const { problem } = await run(python, ["networks", folder, String(sizes.imageSize)]);
  return problem === undefined ? undefined : `no ResNet-18 and ViT-B: ${problem}`;
}

/** PyTorch's training steps on a device, "cuda:0" or "cpu". Never throws. */
export async function measureTorch(python: string, device: string, sizes: CheckSizes): Promise<PeerAnswer> {
  const rows = listRows(sizes).map(([name, batchSize]) => `${name}=${batchSize}`);
  const parameters = ["steps", device, String(sizes.imageSize), rows.join(), String(sizes.steps)];
  const { stdout, problem } = await run(python, parameters);
  const steps = stdout.split("\n").flatMap((line) => (line.startsWith("{") ? [parseStep(line)] : []));
  return { steps, ...(problem === undefined ? {} : { reason: `PyTorch on ${device}: ${problem}` }) };
}

function parseStep(line: string): PeerStep {
  const { model, batchSize, milliseconds } = JSON.parse(line);
  return { model: String(model), batchSize: Number(batchSize), milliseconds: Number(milliseconds) };
}

function run(python: string, parameters: readonly string[]): Promise<{ stdout: string; problem?: string }> {
  return new Promise((resolve) => {
    const child = spawn(python, ["-W", "ignore", SCRIPT, ...parameters], { timeout: TIMEOUT_MS });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text: Buffer) => {
      stdout += String(text);
    });
    child.stderr.on("data", (text: Buffer) => {
      stderr = `${stderr}${String(text)}`.slice(-2000);
    });
    child.on("error", (error) => resolve({ stdout, problem: describeCause(error) }));
    child.on("close", (status, signal) => {
      const problem = stderr.trim().split("\n").at(-1) || String(signal ?? `exit status ${status}`);
      resolve(status === 0 ? { stdout } : { stdout, problem });
    });
  });
}
