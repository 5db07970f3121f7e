import { describe, expect, test } from "bun:test";
import { hashParameters } from "../../../src/core/hashing/hash_parameters.ts";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { Cumulative } from "../../../src/methods/cumulative/cumulative.ts";
import { JointTraining } from "../../../src/methods/joint_training/joint_training.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import type { Criterion } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { FocalLoss } from "../../../src/training/losses/focal_loss.ts";
import { HuberLoss } from "../../../src/training/losses/regression_losses.ts";
import { expectResumable } from "../../methods/contract/resume_law.ts";
import { createOutput, measureDifference } from "../../methods/shared/slow_losses.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeTargetBenchmark } from "../../support/made_targets.ts";
import { makeTask } from "../../support/made_task.ts";
import { makeOptions, withStrategy } from "./made_strategy.ts";

/** Two experiences of the classes 0 to 3: 36, 12, 4 and 2 samples of each, then 2, 4, 12 and 36. */
function makeUnevenBenchmark() {
  const whole = makeTask({ samples: 240 });
  const take = (counts: readonly number[]) => {
    const left = [...counts];
    return whole.subset(
      [...whole.targets.keys()].filter((i) => {
        const id = whole.targets[i] ?? 0;
        left[id] = (left[id] ?? 0) - 1;
        return (left[id] ?? 0) >= 0;
      }),
    );
  };
  const train = [take([36, 12, 4, 2]), take([2, 4, 12, 36])];
  return createDatasetBenchmark({ name: "uneven", train, test: [take([8, 8, 8, 8]), take([8, 8, 8, 8])] });
}

const uneven = makeUnevenBenchmark();
const options = (criterion: Criterion, workers = 0) => ({
  ...makeOptions({ criterion, cluster: { workers, logicalShards: 2 } }),
  trainEpochs: 2,
});

const train = (strategy: BaseStrategy, { trainStream }: Pick<typeof uneven, "trainStream"> = uneven) =>
  withStrategy(strategy, async () => {
    await strategy.train(trainStream);
    return strategy.parameters.slice();
  });

/** The same without an objective: only the coordinator can evaluate it. */
function split(criterion: Criterion): Criterion {
  const { targets, plugin } = criterion;
  return { ...(targets ? { targets } : {}), plugin, evaluate: (...given) => criterion.evaluate(...given) };
}

const OF_CLASSES: readonly (readonly [name: string, () => Criterion])[] = [
  ["class weights", () => new CrossEntropyLoss({ classWeights: [0.5, 1, 2, 4], labelSmoothing: 0.1 })],
  ["balanced class weights", () => new CrossEntropyLoss({ classWeights: "balanced" })],
  ["a weight of ones", () => new BCEWithLogitsLoss({ posWeight: [1, 2, 4, 8] })],
  ["the focal loss", () => new FocalLoss({ alpha: [0.5, 1, 2, 4] })],
  ["the focal loss of sigmoids", () => new FocalLoss({ form: "sigmoid", alpha: 0.75 })],
  ["Huber's loss", () => new HuberLoss({ delta: 0.5 })],
];

describe("a strategy trained by a criterion", () => {
  for (const [name, create] of OF_CLASSES) {
    test(`of ${name} takes fused steps that equal split ones, by 0, 1 and 2 workers with the same bits`, async () => {
      const fused = await train(new Naive(options(create())));
      expect(measureDifference(fused, await train(new Naive(options(split(create())))))).toBeLessThan(1e-5);
      for (const workers of [1, 2]) {
        const threaded = await train(new Naive(options(create(), workers)));
        expect(hashParameters(threaded)).toBe(hashParameters(fused));
      }
      const plain = await train(new Naive(options(new CrossEntropyLoss())));
      expect(measureDifference(fused, plain)).toBeGreaterThan(1e-3);
    });
  }

  for (const [name, kind, create] of [
    ["a weight of ones", "labels", () => new BCEWithLogitsLoss({ posWeight: [3, 0.5] })],
    ["the focal loss", "labels", () => new FocalLoss({ alpha: [0.3, 0.9] })],
    ["Huber's loss", "values", () => new HuberLoss({ delta: 0.5 })],
  ] as const) {
    test(`of ${name} learns ${kind}, fused and split alike`, async () => {
      const benchmark = makeTargetBenchmark({ kind });
      const ofNumbers = (criterion: Criterion, workers = 0) =>
        new Naive({ ...options(criterion, workers), model: mlp({ ...SMALL_MLP, numClasses: 2 }) });
      const fused = await train(ofNumbers(create()), benchmark);
      expect(measureDifference(fused, await train(ofNumbers(split(create())), benchmark))).toBeLessThan(1e-5);
      expect(hashParameters(await train(ofNumbers(create(), 2), benchmark))).toBe(hashParameters(fused));
    });
  }

  test("is refused weights that do not fit the model or the form before anything is trained", async () => {
    const refused = [
      [new CrossEntropyLoss({ classWeights: [1, 2, 3] }), "classWeights needs one number for each of the model's 4"],
      [
        new BCEWithLogitsLoss({ posWeight: [1] }),
        "posWeight needs one number for each of the model's 4 outputs, got 1",
      ],
      [new FocalLoss({ alpha: [1] }), "FocalLoss: alpha needs one number for each of the model's 4 outputs, got 1"],
      [new FocalLoss({ alpha: 0.25 }), 'that of class ids, got 0.25; one number is for form "sigmoid"'],
    ] as const;
    for (const [criterion, message] of refused) {
      let calls = 0;
      const plugins = [{ name: "counting", traits: [], beforeTraining: () => void calls++ }];
      await withStrategy(new Naive({ ...options(criterion), plugins }), async (strategy) => {
        await expect(strategy.train(uneven.trainStream)).rejects.toThrow(message);
        expect(calls).toBe(0);
      });
    }
  });
});

describe("evaluation by a criterion", () => {
  test("measures its loss, weights included, and in training what is minimised", async () => {
    const criterion = new CrossEntropyLoss({ classWeights: [1, 0, 0, 8] });
    const evaluator = new EvaluationPlugin({ metrics: lossMetrics({ minibatch: true, stream: true }) });
    const [output, y]: [HostTensor[], Int32Array[]] = [[], []];
    const keep = (strategy: BaseStrategy) => {
      output.push(strategy.mbOutput);
      y.push(strategy.mbY);
    };
    const plugins = [{ name: "keeping", afterEvalForward: keep, afterForward: keep }];
    const given = { ...options(criterion), evaluator, plugins, trainMbSize: 64, trainEpochs: 1 };
    await withStrategy(new Naive(given), async (strategy) => {
      const trained = await strategy.train(uneven.trainStream.at(0));
      const evaluated = await strategy.eval(uneven.testStream.at(0));
      const losses = output.map((outputs, i) => criterion.evaluate(outputs, y[i] ?? new Int32Array(0)).loss);
      const find = (metrics: object, start: string) =>
        Number(Object.entries(metrics).find(([key]) => key.startsWith(start))?.[1]);
      expect(find(trained, "Loss_MB")).toBeCloseTo(losses[0] ?? Number.NaN, 5);
      expect(find(evaluated, "Loss_Stream")).toBeCloseTo(losses[1] ?? Number.NaN, 5);
      const plain = new CrossEntropyLoss().evaluate(output[1] ?? createOutput([]), y[1] ?? new Int32Array(0));
      expect(Math.abs(plain.loss - (losses[1] ?? 0))).toBeGreaterThan(1e-2);
    });
  });
});

describe("balanced class weights", () => {
  const balanced = () => new CrossEntropyLoss({ classWeights: "balanced" });
  /** The criterion's weight of each class against that of class 0, from the objective that it writes. */
  const readWeights = (criterion: Criterion) => {
    const [targets, weights] = [new Float32Array(16), new Float32Array(4)];
    criterion.createObjective?.(Int32Array.of(0, 1, 2, 3), 4).write(targets, weights);
    return [...weights].map((weight) => weight / (weights[0] ?? 0));
  };
  const expectWeights = (criterion: Criterion, counts: readonly number[]) => {
    const wanted = counts.map((count) => (counts[0] ?? 0) / count);
    expect(measureDifference(readWeights(criterion), wanted)).toBeLessThan(1e-5);
  };

  test("follow what was trained so far: each experience once, replayed and repeated samples not again", async () => {
    for (const create of [
      (criterion: Criterion) => new Naive(options(criterion)),
      (criterion: Criterion) => new Replay({ ...options(criterion), memSize: 20 }),
      (criterion: Criterion) => new Cumulative(options(criterion)),
    ]) {
      await withStrategy(create(balanced()), async (strategy) => {
        const { criterion } = strategy.options;
        expectWeights(criterion, [1, 1, 1, 1]);
        await strategy.train(uneven.trainStream.at(0));
        expectWeights(criterion, [36, 12, 4, 2]);
        await strategy.eval(uneven.testStream);
        await strategy.train(uneven.trainStream.at(1));
        expectWeights(criterion, [38, 16, 16, 38]);
      });
    }
    await withStrategy(new JointTraining(options(balanced())), async (strategy) => {
      await strategy.train(uneven.trainStream);
      expectWeights(strategy.options.criterion, [38, 16, 16, 38]);
    });
  });

  test("are the strategy's own, where one criterion is given to several", async () => {
    const shared = balanced();
    const alone = await train(new Naive(options(balanced())));
    await withStrategy(new Naive(options(shared)), (other) => other.train(uneven.trainStream.at(1)));
    expect(hashParameters(await train(new Naive(options(shared))))).toBe(hashParameters(alone));
    expectWeights(shared, [1, 1, 1, 1]);
  });

  test("go on where an interrupted training stood", async () => {
    await expectResumable(() => new Replay({ ...options(balanced()), memSize: 20 }), uneven, {
      iterations: [1, 5, 9, 12],
    });
  });
});
