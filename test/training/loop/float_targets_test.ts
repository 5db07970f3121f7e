import { describe, expect, test } from "bun:test";
import { hashParameters } from "../../../src/core/hashing/hash_parameters.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { MIRPlugin } from "../../../src/methods/mir/mir_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import type { Criterion } from "../../../src/training/losses/criterion.ts";
import { MSELoss } from "../../../src/training/losses/regression_losses.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeTargetBenchmark, makeTargets } from "../../support/made_targets.ts";
import { makeTask } from "../../support/made_task.ts";
import { makeOptions, withStrategy } from "./made_strategy.ts";

const options = (criterion: Criterion, workers = 0) => ({
  ...makeOptions({ model: mlp({ ...SMALL_MLP, numClasses: 2 }), criterion }),
  cluster: { workers, logicalShards: 2 },
  trainEpochs: 3,
});

/** The same without an objective: only the coordinator can evaluate it. */
function split({ targets, evaluate }: Criterion): Criterion {
  return { ...(targets ? { targets } : {}), evaluate };
}

const train = (strategy: BaseStrategy, benchmark = makeTargetBenchmark()) =>
  withStrategy(strategy, async () => {
    await strategy.train(benchmark.trainStream);
    return strategy.parameters.slice();
  });

describe("a strategy on targets that are numbers", () => {
  test("trains fused steps and split ones alike, by any number of workers", async () => {
    for (const [kind, criterion] of [
      ["values", new MSELoss()],
      ["labels", new BCEWithLogitsLoss()],
    ] as const) {
      const benchmark = makeTargetBenchmark({ kind });
      const fused = await train(new Naive(options(criterion)), benchmark);
      const evaluated = split({ targets: criterion.targets, evaluate: (...given) => criterion.evaluate(...given) });
      const halves = await train(new Naive(options(evaluated)), benchmark);
      expect(measureDifference(fused, halves)).toBeLessThan(1e-5);
      const threaded = await train(new Naive(options(criterion, 2)), benchmark);
      expect(hashParameters(threaded)).toBe(hashParameters(fused));
      const others = await train(new Naive(options(criterion)), makeTargetBenchmark({ kind, seed: 9, experiences: 1 }));
      expect(measureDifference(fused, others)).toBeGreaterThan(1e-3);
    }
  });

  test("learns a linear function, and gives plugins and evaluation the targets of the minibatch", async () => {
    const benchmark = makeTargetBenchmark({ experiences: 1, samples: 256 });
    const seen: (readonly number[] | undefined)[] = [];
    const plugins = [
      { name: "noting", afterEvalForward: (strategy: BaseStrategy) => void seen.push(strategy.mbValues?.shape) },
    ];
    const strategy = new Naive({ ...options(new MSELoss()), trainEpochs: 60, plugins });
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      await strategy.eval(benchmark.testStream);
      expect(seen).toEqual([[24, 2]]);
      expect(strategy.loss).toBeLessThan(0.1);
    });
  });

  test("gives side computations and rehearsed samples their own targets", async () => {
    const [first, second] = [makeTargets({ seed: 1 }), makeTargets({ seed: 2, offset: 4 })];
    await withStrategy(new Naive(options(new MSELoss())), async (strategy) => {
      await strategy.start();
      const joined = await strategy.lossAndGradientOn(Dataset.concat([first, second]));
      const [one, other] = [await strategy.lossAndGradientOn(first), await strategy.lossAndGradientOn(second)];
      expect(joined.loss).toBeCloseTo((one.loss + other.loss) / 2, 4);
      expect(other.loss).toBeGreaterThan(one.loss + 4);
      const squares = await strategy.rowGradientsOn(first, { measure: "square" });
      expect(squares.some((value) => value > 1e-3)).toBe(true);
    });
    const replayed = await train(new Replay({ ...options(new MSELoss()), memSize: 20 }));
    const chosen = await train(new Naive({ ...options(new MSELoss()), plugins: [new MIRPlugin({ memSize: 20 })] }));
    const plain = await train(new Naive(options(new MSELoss())));
    expect(measureDifference(replayed, plain)).toBeGreaterThan(1e-3);
    expect(measureDifference(chosen, plain)).toBeGreaterThan(1e-3);
  });
});

describe("Dataset.concat() of targets that are numbers", () => {
  test("follows the samples, and refuses other targets, naming both sources", () => {
    const [a, b] = [makeTargets({ seed: 1, name: "a" }), makeTargets({ seed: 2, name: "b" })];
    const chosen = Dataset.concat([a, Dataset.empty(), b]).subset([50, 3]);
    const rowOf = (dataset: Dataset, row: number) => [
      ...(dataset.targetValues?.data.slice(2 * row, 2 * row + 2) ?? []),
    ];
    expect([...(chosen.targetValues?.data ?? [])]).toEqual([...rowOf(b, 2), ...rowOf(a, 3)]);
    expect(makeTask().targetValues).toBeUndefined();
    const refused = [
      [makeTask({ name: "c" }), "a has 2 values a sample, c class ids"],
      [makeTargets({ width: 1, name: "c" }), "a has 2 values a sample, c 1 value a sample"],
      [makeTargets({ kind: "labels", name: "c" }), "a has 2 values a sample, c 2 labels a sample"],
    ] as const;
    for (const [other, message] of refused) {
      expect(() => Dataset.concat([a, other])).toThrow(`data sets in one need targets of one kind: ${message}`);
    }
  });
});
