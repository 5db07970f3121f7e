import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { needs, RefusalError } from "../../../core/errors/errors.ts";

/** Told of each look at a GPU: its load in percent. */
export type LoadListener = (percent: number) => void;

/** Looks at one GPU's load again and again, from `open` on until the result is called. */
export type OpenLoadMonitor = (listener: LoadListener) => () => void;

/**
 * A monitor that runs nvidia-smi beside this process.
 * @throws {Error} If there is no nvidia-smi, or it knows no such GPU.
 */
export function createNvidiaMonitor(gpuId: number, everySeconds: number): OpenLoadMonitor {
  const query = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", `--id=${gpuId}`];
  const { status, error, stdout } = spawnSync("nvidia-smi", query, { encoding: "utf8" });
  if (error || status !== 0) {
    const reason = error ? error.message : stdout.trim();
    throw new RefusalError(needs(`GPU ${gpuId}`, "nvidia-smi that knows it", reason), {
      cause: error,
    });
  }
  return (listener) => {
    const loop = `--loop-ms=${Math.max(1, Math.round(everySeconds * 1000))}`;
    const child = spawn("nvidia-smi", [...query, loop], { stdio: ["ignore", "pipe", "ignore"] });
    // A monitor that dies takes no run with it: the last load stands.
    child.on("error", () => undefined);
    followLines(child, (line) => {
      const percent = parseLoad(line);
      if (percent !== undefined) listener(percent);
    });
    // The program may end while the monitor runs; its pipe closes then, and nvidia-smi with it.
    child.unref();
    return () => child.kill();
  };
}

/** The percentage in a line of nvidia-smi; undefined where it says something else ("[N/A]"). */
export function parseLoad(line: string): number | undefined {
  const percent = Number.parseFloat(line);
  return Number.isFinite(percent) ? percent : undefined;
}

function followLines({ stdout }: ChildProcess, onLine: (line: string) => void): void {
  let rest = "";
  stdout?.setEncoding("utf8");
  stdout?.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
}
