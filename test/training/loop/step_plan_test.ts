import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { CallbackName } from "../../../src/training/loop/callbacks.ts";
import { createStepPlan, type StepPlan } from "../../../src/training/loop/step_plan.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { MSELoss } from "../../../src/training/losses/regression_losses.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { ALL_CALLBACKS, createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "./made_strategy.ts";

const { trainStream } = makeBenchmark();

/** The plan by which a strategy trains. */
async function findPlan(strategy: BaseStrategy): Promise<StepPlan> {
  return withStrategy(strategy, async () => {
    await strategy.train(trainStream.at(0));
    return strategy.plan;
  });
}

const SPLITTING: readonly CallbackName[] = ["afterForward", "beforeBackward"];
const DELAYING: readonly CallbackName[] = ["afterBackward", "beforeUpdate"];

class OverridesForward extends BaseStrategy {
  override forward() {
    return super.forward();
  }
}

class OverridesCriterion extends BaseStrategy {
  override criterion() {
    return super.criterion();
  }
}

class OverridesBackward extends BaseStrategy {
  override backward() {
    return super.backward();
  }
}

class OverridesOptimizerStep extends BaseStrategy {
  override optimizerStep() {
    return super.optimizerStep();
  }
}

describe("strategy.plan", () => {
  test("is fused with the update, where nobody needs to see what lies between", async () => {
    const evaluator = new EvaluationPlugin({
      metrics: lossMetrics({ minibatch: true, epochRunning: true, stream: true }),
    });
    const callbacks = ALL_CALLBACKS.filter((name) => !SPLITTING.includes(name) && !DELAYING.includes(name));
    const plugins = [createListener(callbacks, () => {})];
    const strategy = new Naive(makeOptions({ evaluator, plugins, evalEvery: 1, evalMode: "iteration" }));
    expect(strategy.plan.reasons).toEqual(["nothing was trained yet"]);
    expect(await findPlan(strategy)).toEqual({ fused: true, updateWithReduction: true, reasons: [] });
  });

  for (const callback of SPLITTING) {
    test(`is split, where a plugin listens to ${callback}`, async () => {
      const plugins = [createListener([callback], () => {}, "Spy")];
      const reasons = [`Spy listens to ${callback}`];
      expect(await findPlan(new Naive(makeOptions({ plugins })))).toEqual({
        fused: false,
        updateWithReduction: true,
        reasons,
      });
    });
  }

  for (const callback of DELAYING) {
    test(`updates apart from the reduction, where a plugin listens to ${callback}`, async () => {
      const plugins = [createListener([callback], () => {}, "Spy")];
      const reasons = [`Spy listens to ${callback}`];
      expect(await findPlan(new Naive(makeOptions({ plugins })))).toEqual({
        fused: true,
        updateWithReduction: false,
        reasons,
      });
    });
  }

  test("is split, where a subclass overrides forward, criterion or backward; backward delays the update, too", async () => {
    for (const [Strategy, step, updateWithReduction] of [
      [OverridesForward, "forward", true],
      [OverridesCriterion, "criterion", true],
      [OverridesBackward, "backward", false],
    ] as const) {
      const reasons = [`the strategy overrides ${step}`];
      expect(await findPlan(new Strategy(makeOptions()))).toEqual({ fused: false, updateWithReduction, reasons });
    }
  });

  test("steps along the gradient that an overridden backward leaves", async () => {
    class Still extends Naive {
      override async backward(): Promise<number> {
        const loss = await super.backward();
        this.gradient.fill(0);
        return loss;
      }
    }
    await using strategy = new Still({ ...makeOptions(), optimizer: new SGD({ learningRate: 0.1 }) });
    await strategy.start();
    const before = Float32Array.from(strategy.parameters);
    await strategy.train(makeBenchmark({ samples: 32 }).trainStream);
    expect(Float32Array.from(strategy.parameters)).toEqual(before);
  });

  test("updates apart from the reduction, where a subclass overrides optimizerStep", async () => {
    const reasons = ["the strategy overrides optimizerStep"];
    const plan = await findPlan(new OverridesOptimizerStep(makeOptions()));
    expect(plan).toEqual({ fused: true, updateWithReduction: false, reasons });
  });

  test("is split, where the criterion is no part of the graph", async () => {
    const reasons = ["the criterion is a function of its own"];
    const criterion: StrategyOptions["criterion"] = (output) => output.square().mean().asScalar();
    const plan = await findPlan(new Naive(makeOptions({ criterion })));
    expect(plan).toEqual({ fused: false, updateWithReduction: true, reasons });
  });

  test("names every reason", () => {
    const listeners = (callback: CallbackName | "criterion") => (callback === "afterForward" ? ["A", "B"] : ["C"]);
    const plan = createStepPlan({
      listeners,
      overridden: new Set(["criterion", "optimizerStep"]),
      hasFusedCriterion: false,
    });
    expect(plan).toEqual({
      fused: false,
      updateWithReduction: false,
      reasons: [
        "A listens to afterForward",
        "B listens to afterForward",
        "C listens to beforeBackward",
        "the strategy overrides criterion",
        "C replaces the criterion",
        "the criterion is a function of its own",
        "C listens to afterBackward",
        "C listens to beforeUpdate",
        "the strategy overrides optimizerStep",
      ],
    });
  });
});

describe("every plan", () => {
  const strategies: Record<string, (options: StrategyOptions) => BaseStrategy> = {
    fused: (options) => new Naive(options),
    delayed: (options) => new Naive({ ...options, plugins: [createListener(DELAYING, () => {})] }),
    split: (options) => new Naive({ ...options, plugins: [createListener(SPLITTING, () => {})] }),
    "split and delayed": (options) =>
      new Naive({ ...options, plugins: [createListener([...SPLITTING, ...DELAYING], () => {})] }),
    overridden: (options) => new OverridesCriterion(options),
  };

  for (const [name, criterion] of [
    ["cross-entropy", new CrossEntropyLoss()],
    ["smoothed cross-entropy", new CrossEntropyLoss({ labelSmoothing: 0.2 })],
    ["mean squared error", new MSELoss()],
  ] as const) {
    test(`gives the same parameters, with ${name}`, async () => {
      const parameters: Record<string, Float32Array> = {};
      for (const [plan, create] of Object.entries(strategies)) {
        const options = makeOptions({
          criterion,
          dropout: 0.3,
          trainMbSize: 32,
          trainEpochs: 3,
          optimizer: new Adam({ learningRate: 0.01 }),
          cluster: { workers: 0, logicalShards: 2 },
        });
        parameters[plan] = await trainParameters(create(options));
      }
      const { fused = new Float32Array(), split = new Float32Array() } = parameters;
      expect(parameters.delayed).toEqual(fused);
      expect(parameters["split and delayed"]).toEqual(split);
      expect(parameters.overridden).toEqual(split);
      // Two ways to the same loss: inside the graph in float32, on the coordinator in float64.
      expect(measureDifference(split, fused)).toBeLessThan(1e-5);
    });
  }
});
