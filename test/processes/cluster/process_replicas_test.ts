import { describe, expect, test } from "bun:test";
import { execFile, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createQuadraticPenalty } from "../../../src/cluster/penalty.ts";
import { assertProcessesShare } from "../../../src/cluster/processes/probe_processes.ts";
import { ProcessArena } from "../../../src/core/processes/process_arena.ts";
import { currentArena } from "../../../src/core/shared/current_arena.ts";
import { createSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";
import { threadArena } from "../../../src/core/shared/thread_arena.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";

const LAYOUTS = [
  { workers: 0 },
  { workers: 1, isolation: "thread" },
  { workers: 2, isolation: "thread" },
  { workers: 1, isolation: "process" },
  { workers: 2, isolation: "process" },
  { workers: 4, isolation: "process" },
] as const;

function runProgram(name: string): string[] {
  const program = fileURLToPath(new URL(name, import.meta.url));
  return "Deno" in globalThis ? ["run", "--allow-all", "--no-check", program] : [program];
}

/** Elsewhere processes are refused, as memory that they share needs Linux. */
describe.if(process.platform === "linux")("Cluster of processes", () => {
  for (const engine of ["onnxruntime", "tfjs"] as const) {
    test(`gives the bits of 0, 1 and 2 threads with ${engine}, from data and vectors made before it`, async () => {
      const samples = makeTask({ samples: 64 });
      const criterion = new CrossEntropyLoss();
      const other = createSharedFloat32(92).fill(0.01);
      const penalty = createQuadraticPenalty(92);
      penalty.a.fill(0.1);
      const results: unknown[] = [];
      for (const layout of engine === "tfjs" ? LAYOUTS.slice(0, -1) : LAYOUTS) {
        const cluster = await startMadeCluster({ ...layout, engine, logicalShards: 4 });
        cluster.penalties.add(penalty);
        for (let dropoutStep = 0; dropoutStep < 5; dropoutStep++) {
          const request = { samples, training: true, dropoutStep };
          const objective = criterion.createObjective(samples.targets, 4);
          penalty.b.fill(dropoutStep / 10);
          await cluster.gradientStep(request, objective, { penalties: true, update: { learningRate: 0.1 } });
        }
        other.fill(0.01);
        const aside = { samples, training: false, dropoutStep: 0, parameters: other };
        const outputs = [await cluster.forward(aside)];
        // The coordinator may write to such a vector between two calls.
        other.fill(0.02);
        outputs.push(await cluster.forward(aside));
        results.push({ parameters: cluster.parameters.slice(), outputs });
        await cluster.close();
      }
      for (const result of results) expect(result).toEqual(results[0]);
    });
  }

  test("lets go of the memory of processes when the last cluster of them is closed", async () => {
    const [first, second] = [
      await startMadeCluster({ workers: 1, isolation: "process" }),
      await startMadeCluster({ workers: 1, isolation: "process" }),
    ];
    const { parameters } = first;
    const before = [...parameters];
    await first.close();
    await first.close();
    expect(currentArena()).toBeInstanceOf(ProcessArena);
    await second.close();
    expect(currentArena()).toBe(threadArena);
    expect([...parameters]).toEqual(before);
  });

  test("is refused without workers", () => {
    expect(() => startMadeCluster({ workers: 0, isolation: "process" })).toThrow(
      'isolation "process" needs at least one worker, got 0',
    );
  });

  test("ends with its coordinator, and leaves no memory, when that is killed in the middle of a step", async () => {
    const before = readdirSync("/dev/shm");
    const coordinator = spawn(process.execPath, runProgram("./orphaning_program.ts"), {
      stdio: ["ignore", "pipe", "inherit"],
    });
    // Its replicas hold the same pipe: it is closed once all of them are gone.
    const end = new Promise((resolve) => {
      coordinator.on("close", resolve);
    });
    await new Promise((resolve) => {
      coordinator.stdout.once("data", resolve);
    });
    coordinator.kill("SIGKILL");
    await end;
    expect(readdirSync("/dev/shm").filter((name) => !before.includes(name))).toEqual([]);
  });

  test("lets a program end whose author forgot to close it", async () => {
    const program = runProgram("../../cluster/supervision/forgetful_program.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [...program, "process"]);
    expect(stdout).toBe("all steps done\n");
  });
});

describe("assertProcessesShare()", () => {
  test("finds that processes can share memory on Linux, and says why elsewhere", async () => {
    if (process.platform === "linux") await assertProcessesShare();
    else await expect(assertProcessesShare()).rejects.toThrow("processes cannot share memory here: memory that");
  });
});
