import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { clearInterval, setInterval } from "node:timers";
import { fileURLToPath } from "node:url";
import { needs, RefusalError, TypeRefusal } from "../../../src/core/errors/errors.ts";
import { readPeakMegabytes } from "./peak_memory.ts";
import { createScriptCommand } from "./peer_process.ts";

/** What one process of the command train came to. */
export interface TrainProcess {
  /** As summary.json has it: the training steps of all experiences. */
  readonly trainSeconds: number;
  /** From the start of the process to its end. */
  readonly wallSeconds: number;
  /** The most memory it ever held at once, in 10⁶ bytes; undefined where the system does not tell. */
  readonly peakMegabytes: number | undefined;
}

const LOOK_EVERY_MS = 20;

/** Runs the command train with its defaults in a process of its own, into a folder that is removed afterwards. */
export async function measureTrainProcess({
  examplesPerExperience,
}: {
  examplesPerExperience: number | undefined;
}): Promise<TrainProcess> {
  const folder = await mkdtemp(join(tmpdir(), "firn-bench-"));
  const out = join(folder, "run");
  const fewer = examplesPerExperience === undefined ? "" : `:examplesPerExperience=${examplesPerExperience}`;
  const script = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
  const options = ["train", "--quiet", "--out", out, "--benchmark", `split-mnist${fewer}`];
  try {
    const { wallSeconds, peakMegabytes } = await watchProcess(createScriptCommand(script, options));
    const summary: unknown = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    return { trainSeconds: sumTrainSeconds(summary), wallSeconds, peakMegabytes };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function watchProcess({
  program,
  parameters,
}: {
  program: string;
  parameters: readonly string[];
}): Promise<Omit<TrainProcess, "trainSeconds">> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...parameters], { env: process.env, stdio: ["ignore", "ignore", "pipe"] });
    let complaint = "";
    let peakMegabytes: number | undefined;
    const timer = setInterval(async () => {
      peakMegabytes = (await readPeakMegabytes(child.pid)) ?? peakMegabytes;
    }, LOOK_EVERY_MS);
    child.stderr.on("data", (text: Buffer) => {
      complaint = `${complaint}${String(text)}`.slice(-2000);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(timer);
      if (code === 0) resolve({ wallSeconds: (performance.now() - began) / 1000, peakMegabytes });
      else
        reject(new RefusalError(needs("measure the command train", "exit status 0", `${code}: ${complaint.trim()}`)));
    });
  });
}

/** The training time that a summary.json holds. @throws {TypeError} If it holds none. */
export function sumTrainSeconds(summary: unknown): number {
  const read = (value: unknown, name: string): unknown =>
    typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  const experiences = read(summary, "experiences");
  const seconds = Array.isArray(experiences) ? experiences.map((experience) => read(experience, "trainSeconds")) : [];
  let sum = 0;
  for (const value of seconds) {
    if (typeof value !== "number") throw new TypeRefusal(needs("a summary", "trainSeconds", value));
    sum += value;
  }
  if (seconds.length === 0) throw new TypeRefusal(needs("a summary", "experiences", experiences));
  return sum;
}
