import { describe, expect, test } from "bun:test";
import type { Dataset } from "../../../src/data/dataset.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { createListener, createRecorder } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, takeFirst, trainParameters, withStrategy } from "./made_strategy.ts";

const { trainStream } = makeBenchmark();

/** Writes the iteration out, as Avalanche's users do, by what a subclass may call. */
class SpelledIteration extends BaseStrategy {
  override async trainingIteration(samples: Dataset): Promise<void> {
    this.beginIteration(samples);
    await this.trigger("beforeTrainingIteration");
    await this.trigger("beforeForward");
    this.mbOutput = await this.forward();
    await this.trigger("afterForward");
    this.addOwnTerm();
    this.loss = await this.computeLoss();
    await this.trigger("beforeBackward");
    this.loss = await this.backward();
    await this.trigger("afterBackward");
    await this.trigger("beforeUpdate");
    if (this.makesStep()) await this.optimizerStep();
    await this.trigger("afterUpdate");
    await this.trigger("afterTrainingIteration");
    this.endIteration();
  }

  protected addOwnTerm(): void {}

  protected makesStep(): boolean {
    return true;
  }
}

/** Makes every second step, without asking `skipUpdate()`. */
class EverySecond extends SpelledIteration {
  protected override makesStep(): boolean {
    return this.clock.trainIterations % 2 === 0;
  }
}

/** Adds a term once it knows the outputs. */
class WithTerm extends SpelledIteration {
  protected override addOwnTerm(): void {
    this.addLossTerm((output) => output.square().mean().asScalar());
  }
}

function createOptions(plugins: StrategyOptions["plugins"] = []): StrategyOptions {
  const optimizer = new Adam({ learningRate: 0.01 });
  return makeOptions({ dropout: 0.3, optimizer, trainEpochs: 2, plugins, cluster: { workers: 0, logicalShards: 2 } });
}

describe("a subclass that takes trainingIteration() over", () => {
  test("with the same calls trains to the bits of a split step, and to the numbers of a fused one", async () => {
    const spelled = await trainParameters(new SpelledIteration(createOptions()));
    const split = createListener(["afterForward", "afterBackward"], () => {});
    expect(spelled).toEqual(await trainParameters(new Naive(createOptions([split]))));
    expect(measureDifference(spelled, await trainParameters(new Naive(createOptions())))).toBeLessThan(1e-5);
  });

  test("calls the plugins as the loop does", async () => {
    const logs: string[][] = [];
    for (const Strategy of [SpelledIteration, Naive]) {
      const log: string[] = [];
      await withStrategy(new Strategy(createOptions([createRecorder(log)])), (one) => one.train(trainStream));
      logs.push(log);
    }
    expect(logs[0]).toEqual(logs[1] ?? []);
  });

  test("may leave the optimizer's step out", async () => {
    const skipping = createListener(["beforeUpdate"], (_, strategy) => {
      if (strategy.clock.trainIterations % 2 !== 0) strategy.skipUpdate();
    });
    const split = createListener(["afterForward"], () => {});
    const wanted = await trainParameters(new Naive(createOptions([skipping, split])));
    expect(await trainParameters(new EverySecond(createOptions()))).toEqual(wanted);
  });

  test("may add a term between the forward and the backward pass", async () => {
    const adding = createListener(["afterForward"], (_, strategy) => {
      strategy.addLossTerm((output) => output.square().mean().asScalar());
    });
    const wanted = await trainParameters(new Naive(createOptions([adding])));
    expect(await trainParameters(new WithTerm(createOptions()))).toEqual(wanted);
  });

  test("is told by the plan that the step is split, and why", async () => {
    const strategy = new SpelledIteration(createOptions());
    await withStrategy(strategy, () => strategy.train(trainStream));
    const reasons = ["the strategy overrides trainingIteration"];
    expect(strategy.plan).toEqual({ fused: false, updateWithReduction: false, reasons });
  });

  test("may call it for minibatches of its own", async () => {
    class Twice extends BaseStrategy {
      override async trainingIteration(samples: Dataset): Promise<void> {
        await super.trainingIteration(takeFirst(samples, 4));
        await super.trainingIteration(samples);
      }
    }
    const sizes: number[] = [];
    const listener = createListener(["afterTrainingIteration"], (_, { mbatch }) => void sizes.push(mbatch.length));
    const strategy = new Twice(makeOptions({ plugins: [listener] }));
    await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    expect(sizes).toEqual([4, 16, 4, 16]);
  });
});
