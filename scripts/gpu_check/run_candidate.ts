import { spawn } from "node:child_process";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";
import { createScriptCommand } from "../bench/contestants/peer_process.ts";
import type { Candidate, CandidateResult, Measurement } from "./gpu_report.ts";

const TIMEOUT_MS = 300_000;

/** Measures a candidate in a process of its own. Never throws: a candidate that fails has not loaded. */
export async function runCandidate(
  candidate: Candidate,
  { extent = "full", networks = "" }: { readonly extent?: "full" | "quick"; readonly networks?: string } = {},
): Promise<CandidateResult> {
  const script = fileURLToPath(new URL("./candidate.ts", import.meta.url));
  const command = createScriptCommand(script, [candidate.engine, candidate.device, extent, networks]);
  const { stdout, end } = await runProcess(command.program, command.parameters);
  const answer = parseAnswer(stdout);
  if (isMeasurement(answer)) return { ...candidate, loads: true, measured: answer };
  return { ...candidate, loads: false, reason: readReason(answer) ?? `the process ended with ${end}` };
}

function runProcess(program: string, parameters: readonly string[]): Promise<{ stdout: string; end: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, [...parameters], { stdio: ["ignore", "pipe", "pipe"], env: process.env });
    let stdout = "";
    let stderr = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    child.stdout.on("data", (text: Buffer) => {
      stdout += String(text);
    });
    child.stderr.on("data", (text: Buffer) => {
      stderr = `${stderr}${String(text)}`.slice(-2000);
    });
    child.on("error", (error) => resolve({ stdout: "", end: error.message }));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const complaint = stderr.trim().split("\n").at(-1) ?? "";
      resolve({ stdout, end: `${signal ?? `status ${code}`}${complaint === "" ? "" : `: ${complaint}`}` });
    });
  });
}

/** The last line that is JSON: native libraries print around it. */
export function parseAnswer(stdout: string): unknown {
  for (const line of stdout.split("\n").toReversed()) {
    if (!line.startsWith("{")) continue;
    try {
      return JSON.parse(line);
    } catch {
      // Something else that begins like an object.
    }
  }
  return undefined;
}

function isMeasurement(answer: unknown): answer is Measurement {
  return typeof answer === "object" && answer !== null && "steps" in answer && "gradients" in answer && "run" in answer;
}

function readReason(answer: unknown): string | undefined {
  const reason: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "reason") : undefined;
  return typeof reason === "string" ? reason.split("\n")[0] : undefined;
}
