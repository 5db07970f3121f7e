import { describe, expect, test } from "bun:test";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { collectSources } from "../../../src/streams/benchmark.ts";
import type { TrainingCheckpoint } from "../../../src/training/checkpoints/checkpointing.ts";
import { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { CallbackName } from "../../../src/training/loop/callbacks.ts";
import { expectResumable } from "../../methods/contract/resume_law.ts";
import { createRecorder } from "../loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

const benchmark = makeBenchmark();

/** Writes the experience out with epochs and minibatches of its own making. */
class SpelledLoop extends BaseStrategy {
  override async trainExp(): Promise<void> {
    await this.trainDatasetAdaptation();
    await this.makeTrainDataloader();
    await this.trigger("beforeTrainingExp");
    for (const epoch of this.progress.epochs()) {
      await this.trigger("beforeTrainingEpoch");
      if (epoch !== 1) await this.trainingEpoch();
      await this.trigger("afterTrainingEpoch");
    }
    await this.trigger("afterTrainingExp");
  }

  override async trainingEpoch(): Promise<void> {
    for await (const samples of this.progress.minibatches()) await this.trainingIteration(samples);
  }
}

/** Does something of its own around each part of the loop. */
class WrappedLoop extends BaseStrategy {
  override async trainExp(): Promise<void> {
    await super.trainExp();
  }

  override async trainingEpoch(): Promise<void> {
    this.randomStreams.get("own").uniform();
    await super.trainingEpoch();
  }
}

/** The checkpoint that a strategy makes after one of its iterations. */
async function takeCheckpoint(strategy: BaseStrategy, iteration: number): Promise<TrainingCheckpoint> {
  const taken: TrainingCheckpoint[] = [];
  const checkpointer = {
    wantsInside: () => true,
    isDue: () => strategy.clock.trainIterations === iteration,
    save: (checkpoint: TrainingCheckpoint) => void taken.push(checkpoint),
  };
  await withStrategy(strategy, () => strategy.train(benchmark.trainStream, { checkpointer }));
  const [checkpoint] = taken;
  if (!checkpoint) throw new Error("no checkpoint was made");
  return checkpoint;
}

describe("TrainingProgress", () => {
  for (const Strategy of [Naive, WrappedLoop, SpelledLoop]) {
    test(`goes on in a loop that is ${Strategy === Naive ? "the library's" : `overridden (${Strategy.name})`}`, async () => {
      const create = () => new Strategy(makeOptions({ dropout: 0.2, trainEpochs: 3 }));
      await expectResumable(create, benchmark, { iterations: [1, 2, 3, 4], trainsOnce: false });
    });
  }

  test("leaves out the callbacks that came before the resumed epoch, but for those that make what is trained on", async () => {
    const log: string[] = [];
    const create = () => new Naive(makeOptions({ trainEpochs: 3, plugins: [createRecorder(log)] }));
    const { position, ...checkpoint } = await takeCheckpoint(create(), 3);
    expect(position).toMatchObject({ experiences: 0, epoch: 1, iteration: 1 });
    log.length = 0;
    const resume = { ...checkpoint, position, sources: collectSources(benchmark) };
    await withStrategy(create(), (strategy) => strategy.train(benchmark.trainStream.at(0), { resume }));
    const outside: readonly CallbackName[] = ["beforeTraining", "beforeTrainingExp", "beforeTrainingEpoch"];
    const counts = outside.map((callback) => log.filter((name) => name === callback).length);
    expect(counts).toEqual([0, 1, 1]);
    expect(log.slice(0, 4)).toEqual([
      "beforeTrainDatasetAdaptation",
      "afterTrainDatasetAdaptation",
      "beforeTrainingExp",
      "beforeTrainingIteration",
    ]);
  });

  test("refuses positions that the experience does not have", async () => {
    const create = () => new Naive(makeOptions({ trainEpochs: 3 }));
    const { position, ...checkpoint } = await takeCheckpoint(create(), 3);
    const sources = collectSources(benchmark);
    for (const [change, sentence] of [
      [{ epoch: 3 }, "position.epoch must be one of the experience's 3 epochs, got 3"],
      [{ iteration: 9 }, "position.iteration must be at most 2, got 9"],
    ] as const) {
      const resume = { ...checkpoint, position: { ...position, ...change }, sources };
      const trained = withStrategy(create(), (strategy) => strategy.train(benchmark.trainStream.at(0), { resume }));
      await expect(trained).rejects.toThrow(sentence);
    }
  });
});
