import { describe, expect, test } from "bun:test";
import type { CheckpointInterval } from "../../../src/runs/checkpoints/checkpoint_interval.ts";
import { RunCheckpointer } from "../../../src/runs/checkpoints/run_checkpointer.ts";
import type { RunParts } from "../../../src/runs/options/training_run_options.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { makeBenchmark, makeNaive } from "../made_run.ts";

/** Trains a made strategy with checkpoints that are only counted: at which iteration each was made. */
async function listCheckpoints(
  interval: CheckpointInterval,
  { onlineExperienceSize, msPerIteration = 0 }: { onlineExperienceSize?: number; msPerIteration?: number } = {},
): Promise<number[]> {
  const benchmark = makeBenchmark(onlineExperienceSize === undefined ? {} : { onlineExperienceSize });
  let ms = 0;
  const clock: StrategyPlugin = {
    afterTrainingIteration: () => {
      ms += msPerIteration;
    },
  };
  const parts: RunParts = { evaluator: null as unknown as RunParts["evaluator"], plugins: [clock] };
  await using strategy: BaseStrategy = makeNaive(parts);
  const made: number[] = [];
  const write = async () => void made.push(strategy.clock.trainIterations);
  const checkpointer = new RunCheckpointer({ strategy, interval, signal: undefined, write, now: () => ms });
  await strategy.train(benchmark.streams.get("train_online") ?? benchmark.trainStream, { checkpointer });
  return made;
}

describe("RunCheckpointer", () => {
  test("makes one every so many iterations, counted across experiences", async () => {
    expect(await listCheckpoints({ kind: "iterations", iterations: 5 })).toEqual([5, 10, 15]);
  });

  test("makes one when so many seconds have passed since the last", async () => {
    expect(await listCheckpoints({ kind: "seconds", seconds: 0.5 }, { msPerIteration: 150 })).toEqual([4, 8, 12, 16]);
  });

  test("waits in a stream of small experiences for the first iteration of the next", async () => {
    // Two iterations each: due after 5, in the third experience, it is made after the first iteration of the fourth.
    const made = await listCheckpoints(
      { kind: "seconds", seconds: 0.5 },
      { onlineExperienceSize: 10, msPerIteration: 100 },
    );
    expect(made.slice(0, 3)).toEqual([7, 13, 19]);
  });

  test("makes none before it is time", async () => {
    expect(await listCheckpoints({ kind: "seconds", seconds: 30 }, { msPerIteration: 100 })).toEqual([]);
  });
});
