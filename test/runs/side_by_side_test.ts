import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import process from "node:process";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { EWC } from "../../src/methods/ewc/ewc_plugin.ts";
import { LwF } from "../../src/methods/lwf/lwf_plugin.ts";
import { Replay } from "../../src/methods/replay/replay_plugin.ts";
import { createTrainingRun } from "../../src/runs/create_training_run.ts";
import type { RunParts } from "../../src/runs/options/training_run_options.ts";
import type { BaseStrategy } from "../../src/training/loop/base_strategy.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeBenchmark, makeStrategyOptions } from "./made_run.ts";

afterAll(removeFolders);

const strategies: Readonly<Record<string, (parts: RunParts) => BaseStrategy>> = {
  ewc: (parts) => new EWC({ ...makeStrategyOptions(parts), lambda: 1 }),
  replay: (parts) => {
    const cluster = { workers: 2, logicalShards: 2 };
    return new Replay({ ...makeStrategyOptions(parts), memSize: 12, cluster });
  },
  // Its loss is TF.js's, which has one engine a process.
  lwf: (parts) => new LwF({ ...makeStrategyOptions(parts), alpha: 1, temperature: 2 }),
};

/** Trains one of them; returns everything that came of it but times. */
async function train(kind: string) {
  const directory = join(await makeFolder({}), kind);
  const createStrategy = (parts: RunParts) => {
    const create = strategies[kind];
    if (!create) throw new Error(`no strategy ${kind}`);
    return create(parts);
  };
  await using run = await createTrainingRun({ benchmark: makeBenchmark(), directory, config: {}, createStrategy });
  await run.train();
  return readEnding(directory);
}

describe("TrainingRun, embedded in a program", () => {
  test("runs that go on at once do not disturb one another", async () => {
    const kinds = Object.keys(strategies);
    const alone = [];
    for (const kind of kinds) alone.push(await train(kind));
    expect(await Promise.all(kinds.map(train))).toEqual(alone);
  });

  test("installs no handlers for signals and leaves the program's exit alone", async () => {
    const events = ["SIGINT", "SIGTERM", "exit", "uncaughtException", "unhandledRejection"] as const;
    const count = () => events.map((event) => process.listenerCount(event));
    const before = count();
    const { status } = await train("replay");
    expect(status).toBe("finished");
    expect(count()).toEqual(before);
  });
});
