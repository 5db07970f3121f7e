import { expect } from "bun:test";
import { collectSources } from "../../src/streams/benchmark.ts";
import type { Benchmark } from "../../src/streams/experience.ts";
import type { BaseStrategy } from "../../src/training/base_strategy.ts";
import type { TrainingCheckpoint } from "../../src/training/checkpointing.ts";

/** How the undisturbed run ended. */
interface Ending {
  readonly parameters: Float32Array;
  readonly draws: Readonly<Record<string, readonly number[]>>;
  readonly metrics: unknown;
}

/** Trains the experiences from `first` on, one `train` call each, then evaluates. */
async function trainToEnd(
  strategy: BaseStrategy,
  { trainStream, testStream }: Benchmark,
  options: { first: number; resume?: Parameters<BaseStrategy["train"]>[1] },
): Promise<Ending> {
  const evalStreams = [testStream];
  for (let i = options.first; i < trainStream.length; i++) {
    const resume = i === options.first ? options.resume : {};
    await strategy.train(trainStream.at(i), { evalStreams, ...resume });
  }
  const metrics = await strategy.eval(testStream);
  return { parameters: strategy.parameters.slice(), draws: strategy.randomStreams.save(), metrics };
}

/**
 * Checks that a run which is cut off in the middle of an experience, after each of `iterations` (counted over the whole
 * run), goes on in a new strategy to the same parameters, draws and metrics, bit for bit.
 */
export async function expectResumable(
  create: () => BaseStrategy,
  benchmark: Benchmark,
  iterations: readonly number[],
): Promise<void> {
  const taken: { experience: number; checkpoint: TrainingCheckpoint }[] = [];
  const watched = create();
  let experience = 0;
  const checkpointer = {
    wantsInside(strategy: BaseStrategy) {
      experience = strategy.experience.currentExperience;
      return true;
    },
    isDue: () => iterations.includes(watched.clock.trainIterations),
    save: (checkpoint: TrainingCheckpoint) => void taken.push({ experience, checkpoint }),
  };
  const undisturbed = await finish(watched, async () => {
    for (const part of benchmark.trainStream) {
      await watched.train(part, { evalStreams: [benchmark.testStream], checkpointer });
    }
    const metrics = await watched.eval(benchmark.testStream);
    return { parameters: watched.parameters.slice(), draws: watched.randomStreams.save(), metrics };
  });
  expect(taken.length).toBeGreaterThan(0);
  const sources = collectSources(benchmark);
  for (const { experience: first, checkpoint } of taken) {
    const strategy = create();
    const resume = { resume: { ...checkpoint, sources } };
    const resumed = await finish(strategy, () => trainToEnd(strategy, benchmark, { first, resume }));
    expect(resumed).toEqual(undisturbed);
  }
}

async function finish<Result>(strategy: BaseStrategy, use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } finally {
    await strategy.close();
  }
}
