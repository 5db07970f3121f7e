import { rm } from "node:fs/promises";
import { join } from "node:path";
import { runCli } from "../../src/cli/run_cli.ts";
import type { RandomStream } from "../../src/core/random_stream.ts";
import type { Outcome, Reference } from "./kill_run.ts";
import { listWords } from "./made_runs.ts";
import { listDifferences, readEnding } from "./run_ending.ts";

const RESTARTS = 5;

/**
 * Trains in this process on two replicas, ends one of their Workers at a random moment (now and then two of them), and
 * compares with the undisturbed run.
 */
export async function loseReplica(reference: Reference, folder: string, random: RandomStream): Promise<Outcome> {
  const { kind, durationMs } = reference;
  const directory = join(folder, `${kind}-lost-${random.integer(2 ** 31)}`);
  const pool = watchWorkers();
  let stderr = "";
  const words = [...listWords(kind, folder), "--out", directory, "--workers", "2"];
  try {
    const run = runCli([...words, "--max-restarts", String(RESTARTS)], {
      stdout: { write: () => true },
      stderr: { write: (text: string) => (stderr += text) },
      signal: new AbortController().signal,
    });
    const losses = random.uniform() < 0.3 ? 2 : 1;
    const timers: ReturnType<typeof setTimeout>[] = [];
    pool.onReady = () => {
      for (let loss = 0; loss < losses; loss++) {
        const victim = random.integer(2);
        timers.push(setTimeout(() => pool.live[victim]?.terminate(), random.uniform() * durationMs));
      }
    };
    const status = await run;
    for (const timer of timers) clearTimeout(timer);
    const replaced = stderr.split("\n").filter((line) => line.includes("is replaced")).length;
    if (status === 0 && replaced === 0) {
      // The moment came after the end.
      await rm(directory, { recursive: true });
      return await loseReplica(reference, folder, random);
    }
    const description = `${kind}, ${replaced} replaced`;
    if (status !== 0) return { isEqual: false, description: `${description}: exit status ${status}, ${stderr}` };
    const differences = listDifferences(await readEnding(reference.directory), await readEnding(directory));
    if (differences.length > 0) {
      return { isEqual: false, description: `${description}: other ${differences.join(", ")} (see ${directory})` };
    }
    await rm(directory, { recursive: true });
    return { isEqual: true, description };
  } finally {
    pool.restore();
  }
}

/** The Workers that are made from now on, the newest two; `onReady` is called once there are two. */
function watchWorkers() {
  const { Worker: Original } = globalThis;
  const pool = {
    live: [] as Worker[],
    onReady: () => {},
    restore: () => {
      globalThis.Worker = Original;
    },
  };
  globalThis.Worker = class extends Original {
    constructor(...parameters: ConstructorParameters<typeof Original>) {
      super(...parameters);
      pool.live = [...pool.live, this].slice(-2);
      if (pool.live.length === 2) {
        pool.onReady();
        pool.onReady = () => {};
      }
    }
  };
  return pool;
}
