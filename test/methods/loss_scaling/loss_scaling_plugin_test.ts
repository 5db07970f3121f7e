import { describe, expect, test } from "bun:test";
import { createQuadraticPenalty } from "../../../src/cluster/penalty.ts";
import { LossScalingPlugin } from "../../../src/methods/loss_scaling/loss_scaling_plugin.ts";
import type { LossScalingOptions } from "../../../src/methods/loss_scaling/options.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const { trainStream, testStream } = makeBenchmark({ experiences: 4, samples: 64 });

/**
 * Loss ÷ cross-entropy at the first step of each experience, and that step's gradient ÷ the plain one's largest
 * element.
 */
async function measureScales(factor: LossScalingOptions["factor"], others: readonly StrategyPlugin[] = []) {
  const scales: number[] = [];
  const noting = createListener(["afterTrainingIteration"], async (_, strategy) => {
    if (strategy.clock.trainExpIterations > 0) return;
    scales.push(strategy.loss / new CrossEntropyLoss().evaluate(strategy.mbOutput, strategy.mbY).loss);
  });
  const plugins = [new LossScalingPlugin({ factor }), ...others, noting];
  const strategy = new Naive(makeOptions({ plugins, trainMbSize: 64 }));
  await withStrategy(strategy, () => strategy.train(trainStream));
  return { scales, plan: strategy.plan };
}

describe("LossScalingPlugin", () => {
  test("multiplies the criterion, in a fused step and in a split one", async () => {
    const splitting = createListener(["beforeBackward"], () => {});
    for (const [others, isFused] of [
      [[], true],
      [[splitting], false],
    ] as const) {
      for (const [factor, wanted] of [
        ["inverse-experience", [1, 1 / 2, 1 / 3, 1 / 4]],
        [0.25, [0.25, 0.25, 0.25, 0.25]],
        [
          [3, 0.5],
          [3, 0.5, 0.5, 0.5],
        ],
      ] as const) {
        const { scales, plan } = await measureScales(factor, others);
        expect(measureDifference(scales, wanted)).toBeLessThan(1e-5);
        expect(plan.fused).toBe(isFused);
      }
    }
  });

  test("leaves the criterion's class mask in force, in a fused step as in a split one", async () => {
    // The classes of the first two experiences compete, and no others.
    const criterion = new CrossEntropyLoss({
      classMask: (size) => Float32Array.from({ length: size }, (_, c) => (c < 2 ? 0 : -1000)),
    });
    const [first] = trainStream;
    const train = async (others: readonly StrategyPlugin[]) => {
      const plugins = [new LossScalingPlugin({ factor: 0.5 }), ...others];
      const strategy = new Naive(makeOptions({ criterion, plugins }));
      return withStrategy(strategy, async () => {
        await strategy.train(first ?? []);
        return strategy.parameters.slice();
      });
    };
    const splitting = createListener(["beforeBackward"], () => {});
    expect(measureDifference(await train([]), await train([splitting]))).toBeLessThan(1e-6);
  });

  test("scales the gradient with the loss, but no term, no penalty, no side gradient and no evaluation", async () => {
    const penalty = createQuadraticPenalty(92);
    penalty.a.fill(0.05);
    for (const callback of ["beforeForward", "beforeBackward"] as const) {
      const checking = createListener([callback, "afterBackward"], async (now, strategy) => {
        strategy.addPenalty(penalty);
        if (now === callback) return strategy.addLossTerm((output) => output.square().sum().mul(0.01).asScalar());
        const plain = Array.from(await strategy.gradientOn(strategy.mbatch));
        const activity = await strategy.gradientOn(strategy.mbatch, {
          criterion: {
            evaluate: ({ data }) => ({ loss: 0, dOutput: data.map((z) => 0.02 * z) }),
          },
        });
        const wanted = plain.map((g, i) => 0.5 * g + (activity[i] ?? 0) + 0.1 * (strategy.parameters[i] ?? 0));
        expect(measureDifference(strategy.gradient, wanted)).toBeLessThan(1e-5);
      });
      const strategy = new Naive(makeOptions({ plugins: [new LossScalingPlugin({ factor: 0.5 }), checking] }));
      let evaluated = 0;
      const evaluating = createListener(["afterEvalIteration"], (_, { loss, mbOutput, mbY }) => {
        expect(loss).toBeCloseTo(new CrossEntropyLoss().evaluate(mbOutput, mbY).loss, 5);
        evaluated += 1;
      });
      const other = new Naive(makeOptions({ plugins: [new LossScalingPlugin({ factor: 0.5 }), evaluating] }));
      await withStrategy(strategy, () => strategy.train(trainStream));
      await withStrategy(other, () => other.eval(testStream));
      expect(evaluated).toBeGreaterThan(0);
    }
  });

  test("scaleCriterion() comes too late, when the loss is computed", async () => {
    for (const splitting of [[], [createListener(["beforeBackward"], () => {})]]) {
      const late = createListener(["afterBackward"], (_, strategy) => strategy.scaleCriterion(2));
      const strategy = new Naive(makeOptions({ plugins: [...splitting, late] }));
      const training = withStrategy(strategy, () => strategy.train(trainStream));
      await expect(training).rejects.toThrow("scaleCriterion() must be called before the loss is computed");
    }
    const strategy = new Naive(makeOptions());
    await withStrategy(strategy, async () =>
      expect(() => strategy.scaleCriterion(2)).toThrow("inside a training iteration"),
    );
  });

  test("LossScalingPlugin() refuses negative and unknown factors", () => {
    expect(() => new LossScalingPlugin({ factor: -1 })).toThrow("LossScalingPlugin: factor must be at least 0, got -1");
    expect(() => new LossScalingPlugin({ factor: [] })).toThrow(
      "LossScalingPlugin: factor must be an array of at least one element, got []",
    );
    expect(() => Reflect.construct(LossScalingPlugin, [{ factor: "inverse" }])).toThrow(
      'LossScalingPlugin: factor must be "inverse-experience", got "inverse"',
    );
  });
});
