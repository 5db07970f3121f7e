import { describe, expect, test } from "bun:test";
import type { ClusterOptions } from "../../../src/cluster/cluster_options.ts";
import { createQuadraticPenalty } from "../../../src/cluster/penalty.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { type CallbackName, TRAINING_CALLBACKS } from "../../../src/training/loop/callbacks.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { CriterionFunction } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { MSELoss } from "../../../src/training/losses/regression_losses.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { createListener } from "../loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, takeFirst, trainParameters, withStrategy } from "../loop/made_strategy.ts";

const benchmark = makeBenchmark();
const { trainStream, testStream } = benchmark;

/** Dropout, two shards and momentum: whatever a side computation disturbed would show in the parameters. */
function create(options: Parameters<typeof makeOptions>[0]): BaseStrategy {
  return new Naive(
    makeOptions({
      dropout: 0.4,
      trainMbSize: 32,
      trainEpochs: 2,
      optimizer: new Adam({ learningRate: 0.01 }),
      cluster: { workers: 0, logicalShards: 2 },
      ...options,
    }),
  );
}

/** Everything that a plugin may ask for beside the step, on batches of other sizes than the minibatch. */
async function computeAside(strategy: BaseStrategy): Promise<void> {
  const samples = testStream.at(1).dataset;
  const others = strategy.parameters.map((theta) => 2 * theta);
  await strategy.gradientOn(samples);
  await strategy.gradientOn(takeFirst(samples, 3), { parameters: others, training: true });
  await strategy.forwardWith(others, samples);
  await strategy.forwardWith(strategy.parameters, takeFirst(samples, 1), { training: true });
  await strategy.visitGradientsOn(takeFirst(samples, 3), () => {});
  await strategy.compareGradientsOn(takeFirst(samples, 3), samples);
}

const INSIDE: readonly CallbackName[] = TRAINING_CALLBACKS.slice(
  TRAINING_CALLBACKS.indexOf("beforeTrainingIteration"),
  TRAINING_CALLBACKS.indexOf("afterTrainingEpoch"),
);

describe("visitGradientsOn()", () => {
  for (const [workers, logicalShards] of [
    [0, 1],
    [0, 3],
    [1, 3],
    [2, 3],
  ] as const) {
    test(`gives each sample's own gradient, in order, on ${workers} workers with ${logicalShards} shards`, async () => {
      const strategy = create({ cluster: { workers, logicalShards } });
      const samples = takeFirst(testStream.at(1).dataset, 7);
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream.at(0));
        const wanted: Float32Array[] = [];
        for (let i = 0; i < samples.length; i++) wanted.push((await strategy.gradientOn(samples.subset([i]))).slice());
        const gradients: Float32Array[] = [];
        await strategy.visitGradientsOn(samples, (gradient) => gradients.push(gradient.slice()));
        expect(gradients.length).toBe(wanted.length);
        for (const [i, gradient] of gradients.entries()) {
          expect(measureDifference(gradient, wanted[i] ?? [])).toBeLessThan(1e-6);
        }
        expect(measureDifference(wanted[0] ?? [], wanted[1] ?? [])).toBeGreaterThan(1e-4);
      });
    });
  }
});

describe("compareGradientsOn()", () => {
  const ways: readonly (readonly [string, ClusterOptions])[] = [
    ["by their factors", { workers: 0, logicalShards: 3 }],
    ["by their factors on two workers", { workers: 2, logicalShards: 3 }],
    ["one by one", { workers: 0, logicalShards: 3, engine: "tfjs" }],
  ];
  for (const [way, cluster] of ways) {
    test(`gives the cosine of each pair of samples' gradients, ${way}`, async () => {
      const strategy = create({ cluster });
      const samples = takeFirst(testStream.at(1).dataset, 13);
      const others = takeFirst(testStream.at(0).dataset, 5);
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream.at(0));
        const list = async (of: typeof samples) => {
          const gradients: number[][] = [];
          for (let i = 0; i < of.length; i++) gradients.push([...(await strategy.gradientOn(of.subset([i])))]);
          return gradients;
        };
        const [own, other] = [await list(samples), await list(others)];
        const wanted = own.flatMap((a) =>
          other.map(
            (b) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / (Math.hypot(...a) * Math.hypot(...b)),
          ),
        );
        const { data, shape } = await strategy.compareGradientsOn(samples, others);
        expect(shape).toEqual([13, 5]);
        expect(measureDifference(data, wanted)).toBeLessThan(1e-5);
        expect(Math.max(...wanted) - Math.min(...wanted)).toBeGreaterThan(0.5);
        expect((await strategy.compareGradientsOn(samples, others.subset([]))).shape).toEqual([13, 0]);
      });
    });

    test(`gives 0 for a gradient that is zero, ${way}`, async () => {
      // Of an output that is the target already.
      const strategy = create({ cluster, criterion: new MSELoss(), dropout: 0 });
      const samples = takeFirst(testStream.at(1).dataset, 3);
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream.at(0));
        strategy.parameters.fill(0);
        const { dataset } = testStream.at(1);
        const bias = strategy.parameters.length - 4 + (dataset.targets[0] ?? 0);
        strategy.parameters[bias] = 1;
        const same = samples.subset(
          [...samples.targets.keys()].filter((i) => samples.targets[i] === samples.targets[0]),
        );
        const { data } = await strategy.compareGradientsOn(same, dataset);
        expect(new Set(data)).toEqual(new Set([0]));
      });
    });
  }
});

describe("gradientOn() and forwardWith() during an iteration", () => {
  for (const callback of INSIDE) {
    test(`disturb neither the minibatch nor the gradient, called in ${callback}`, async () => {
      const wanted = await trainParameters(create({ plugins: [createListener([callback], () => {})] }), benchmark);
      const asking = createListener([callback], (_, strategy) => computeAside(strategy));
      expect(await trainParameters(create({ plugins: [asking] }), benchmark)).toEqual(wanted);
    });
  }

  test("disturb nothing, called in every callback of a step with a criterion of its own", async () => {
    const criterion: StrategyOptions["criterion"] = (output) => output.sub(1).square().mean().asScalar();
    const plugins = [createListener(INSIDE, () => {})];
    const wanted = await trainParameters(create({ criterion, plugins }), benchmark);
    const asking = createListener(INSIDE, async (_, strategy) => {
      const gradient = strategy.clock.trainIterations > 0 ? strategy.gradient.slice() : undefined;
      await computeAside(strategy);
      if (gradient) expect(strategy.gradient.slice()).toEqual(gradient);
    });
    expect(await trainParameters(create({ criterion, plugins: [asking] }), benchmark)).toEqual(wanted);
  });
});

/** Calls `check` once, in a strategy that has trained. */
async function checkTrained(
  options: Parameters<typeof makeOptions>[0],
  check: (strategy: BaseStrategy) => Promise<void>,
): Promise<void> {
  const strategy = create(options);
  await withStrategy(strategy, async () => {
    await strategy.train(trainStream);
    await check(strategy);
  });
}

const squares: CriterionFunction = (output) => output.square().mean().asScalar();

describe("gradientOn()", () => {
  for (const [name, criterion] of [
    ["cross-entropy", new CrossEntropyLoss()],
    ["a criterion written with TF.js", squares],
  ] as const) {
    test(`is the training gradient, on the minibatch without dropout, with ${name}`, async () => {
      let checks = 0;
      const checking = createListener(["afterBackward"], async (_, strategy) => {
        const gradient = await strategy.gradientOn(strategy.mbatch);
        expect(measureDifference(gradient, strategy.gradient)).toBeLessThan(1e-6);
        checks += 1;
      });
      await checkTrained({ plugins: [checking], dropout: 0, criterion }, async () => {});
      expect(checks).toBe(4);
    });
  }

  test("uses other parameters, where they are given, and leaves the model's own", async () => {
    await checkTrained({}, async (strategy) => {
      const { dataset } = testStream.at(0);
      const own = strategy.parameters.slice();
      const zeros = own.map(() => 0);
      // Of a model of zeros only the last layer's biases have a gradient: softmax minus target.
      const gradient = await strategy.gradientOn(dataset, { parameters: zeros });
      const biases = gradient.subarray(gradient.length - 4);
      expect(measureDifference(biases, [-0.25, -0.25, 0.25, 0.25])).toBeLessThan(1e-6);
      expect(gradient.subarray(0, gradient.length - 4).every((value) => value === 0)).toBe(true);
      expect(strategy.parameters.slice()).toEqual(own);
    });
  });

  test("is of another criterion, where one is given", async () => {
    await checkTrained({}, async (strategy) => {
      const { dataset } = testStream.at(0);
      const plain = (await strategy.gradientOn(dataset)).slice();
      const given = (await strategy.gradientOn(dataset, { criterion: new MSELoss() })).slice();
      expect(measureDifference(given, plain)).toBeGreaterThan(1e-2);
      await checkTrained({ criterion: new MSELoss() }, async (other) => {
        const { parameters } = strategy;
        expect((await other.gradientOn(dataset, { parameters })).slice()).toEqual(given);
      });
    });
  });

  test("leaves penalties out: it is the criterion's gradient alone", async () => {
    await checkTrained({}, async (strategy) => {
      const { dataset } = testStream.at(0);
      const plain = (await strategy.gradientOn(dataset)).slice();
      const penalty = createQuadraticPenalty(plain.length);
      penalty.a.fill(5);
      strategy.addPenalty(penalty);
      expect((await strategy.gradientOn(dataset)).slice()).toEqual(plain);
    });
  });

  test("drops units only where training is asked for, with new masks each time", async () => {
    await checkTrained({}, async (strategy) => {
      const { dataset } = testStream.at(0);
      const draw = async (training: boolean) => (await strategy.gradientOn(dataset, { training })).slice();
      expect(await draw(false)).toEqual(await draw(false));
      expect(measureDifference(await draw(true), await draw(true))).toBeGreaterThan(1e-4);
    });
  });
});

describe("forwardWith()", () => {
  test("gives the outputs of any samples with any parameters", async () => {
    await checkTrained({}, async (strategy) => {
      const { dataset } = testStream.at(0);
      const own = await strategy.forwardWith(strategy.parameters, dataset);
      expect(own.shape).toEqual([16, 4]);
      expect((await strategy.forwardWith(strategy.parameters.slice(), dataset)).data).toEqual(own.data);
      const zeros = await strategy.forwardWith(
        strategy.parameters.map(() => 0),
        dataset,
      );
      expect([...zeros.data]).toEqual(Array(64).fill(0));
      // What was given is the caller's: the next call leaves it alone.
      expect((await strategy.forwardWith(strategy.parameters, dataset)).data).toEqual(own.data);
    });
  });

  test("refuses parameters of another length", async () => {
    await checkTrained({}, async (strategy) => {
      const wrong = strategy.forwardWith(new Float32Array(3), testStream.at(0).dataset);
      await expect(wrong).rejects.toThrow("parameters must have");
    });
  });
});

describe("rowGradientsOn()", () => {
  test("refuses a measure that it does not know", async () => {
    await checkTrained({}, async (strategy) => {
      const wrong = strategy.rowGradientsOn(testStream.at(0).dataset, { measure: "squares" as "square" });
      await expect(wrong).rejects.toThrow('rowGradientsOn: unknown measure "squares", did you mean square?');
    });
  });
});

describe("train() and eval()", () => {
  test("are refused, when layers were set free since the strategy began", async () => {
    const options = makeOptions();
    const [first] = options.model.layers.filter((layer) => layer.weights.length > 0);
    if (!first) throw new Error("The model has no layer with weights");
    first.trainable = false;
    await withStrategy(new Naive(options), async (strategy) => {
      await strategy.train(trainStream);
      first.trainable = true;
      const wanted = "layers of the model were frozen or set free since the strategy began (fc0/kernel, fc0/bias)";
      await expect(strategy.train(trainStream)).rejects.toThrow(wanted);
      await expect(strategy.eval(testStream)).rejects.toThrow(wanted);
    });
  });
});
