import { spawn } from "node:child_process";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { RefusalError } from "../../core/errors/errors.ts";
import { runCommand } from "../doctor/run_command.ts";

/** Programs that a set-up runs; the environment may name others. */
export interface SetupTools {
  readonly npm: string;
  /** `PYTHON`. */
  readonly python: string;
  /** A compiler of C++17: `CXX`. */
  readonly cxx: string;
}

/** Where a set-up writes, and where its lines go. */
export interface SetupPlace {
  readonly tools: SetupTools;
  /** The folder whose node_modules Firn uses. */
  readonly project: string;
  /** Where downloads are kept from one set-up to the next. */
  readonly cache: string;
  readonly say: (line: string) => void;
}

const ALL_TOOLS = ["npm", "python", "cxx"] as const;

/**
 * The tools of a set-up.
 * @param needed Those that must be there. Default: all.
 * @throws {RefusalError} If one is missing; the message says how to get it.
 */
export async function findTools(needed: readonly (keyof SetupTools)[] = ALL_TOOLS): Promise<SetupTools> {
  if (process.platform !== "linux") {
    throw new RefusalError(
      `setup works on Linux, whose wheels carry libraries to link with, not on ${process.platform}`,
    );
  }
  const tools = { npm: "npm", python: process.env.PYTHON || "python3", cxx: process.env.CXX || "g++" };
  if (needed.includes("npm")) await assertRuns(tools.npm, ["--version"], "install Node.js");
  if (needed.includes("python")) {
    await assertRuns(tools.python, ["-m", "pip", "--version"], "apt-get install python3-pip");
  }
  if (needed.includes("cxx")) await assertRuns(tools.cxx, ["--version"], "apt-get install g++");
  return tools;
}

async function assertRuns(program: string, parameters: readonly string[], advice: string): Promise<void> {
  const { succeeded, complaint } = await runCommand(program, parameters);
  if (succeeded) return;
  throw new RefusalError(`setup needs ${[program, ...parameters.slice(0, -1)].join(" ")} (${complaint}): ${advice}`);
}

/** The folder whose node_modules hold the TF.js that Firn loads. */
export function findProject(): string {
  const path = fileURLToPath(import.meta.resolve("@tensorflow/tfjs"));
  return path.slice(0, path.lastIndexOf(join("/node_modules", "@tensorflow", "tfjs")));
}

/** Where programs of this machine's user keep what can be made again. */
export function findCache(): string {
  return join(process.env.XDG_CACHE_HOME || join(os.homedir(), ".cache"), "firn");
}

/** A step of a set-up: says what it is, runs it, says how long it took. */
export async function runStep(place: Pick<SetupPlace, "say">, name: string, work: () => Promise<void>): Promise<void> {
  place.say(`${name} …`);
  const start = performance.now();
  await work();
  place.say(`${name}: done in ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

/**
 * Runs a program to its end, however long that takes.
 * @throws {RefusalError} If it fails: the message ends with the last line that it wrote to standard error.
 */
export function runTool(program: string, parameters: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...parameters], { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let tail = "";
    child.stderr.on("data", (part: Buffer) => {
      tail = `${tail}${part.toString()}`.slice(-4000);
    });
    child.on("error", (cause) => reject(new RefusalError(`Cannot run ${program}: ${cause.message}`, { cause })));
    child.on("close", (status) => {
      const reason = tail.trim().split("\n").at(-1) || `exit status ${status}`;
      if (status === 0) resolve();
      else reject(new RefusalError(`${program} ${parameters[0]} failed: ${reason}`));
    });
  });
}
