import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import type { PluginMetric } from "../../../src/evaluation/plugin_metric.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { type CallbackName, EVAL_CALLBACKS, TRAINING_CALLBACKS } from "../../../src/training/loop/callbacks.ts";
import { createListener, createRecorder } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

const { trainStream, testStream } = makeBenchmark();

/** Notes the calls of its own steps between the callbacks. */
class SpelledStrategy extends BaseStrategy {
  readonly log: string[];

  /** `log` holds the callbacks, too. */
  constructor(log: string[] = []) {
    super(makeOptions({ trainEpochs: 2, evalMbSize: 10, plugins: [createRecorder(log)] }));
    this.log = log;
  }

  override async trainDatasetAdaptation(): Promise<void> {
    this.log.push("trainDatasetAdaptation()");
    await super.trainDatasetAdaptation();
  }

  override async evalDatasetAdaptation(): Promise<void> {
    this.log.push("evalDatasetAdaptation()");
    await super.evalDatasetAdaptation();
  }

  override async makeTrainDataloader(): Promise<void> {
    this.log.push("makeTrainDataloader()");
    await super.makeTrainDataloader();
  }

  override async makeEvalDataloader(): Promise<void> {
    this.log.push("makeEvalDataloader()");
    await super.makeEvalDataloader();
  }

  override modelAdaptation(): void {
    this.log.push("modelAdaptation()");
  }

  override makeOptimizer(): void {
    this.log.push("makeOptimizer()");
  }

  override forward(): ReturnType<BaseStrategy["forward"]> {
    this.log.push("forward()");
    return super.forward();
  }

  override criterion(): ReturnType<BaseStrategy["criterion"]> {
    this.log.push("criterion()");
    return super.criterion();
  }

  override backward(): Promise<number> {
    this.log.push("backward()");
    return super.backward();
  }

  override optimizerStep(): Promise<void> {
    this.log.push("optimizerStep()");
    return super.optimizerStep();
  }
}

function repeat(count: number, names: readonly string[]): string[] {
  return Array.from({ length: count }, () => names).flat();
}

/** How often every name comes. */
function countNames(log: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of log) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const TRAINING_ITERATION = [
  "beforeTrainingIteration",
  "beforeForward",
  "forward()",
  "afterForward",
  "criterion()",
  "beforeBackward",
  "backward()",
  "afterBackward",
  "beforeUpdate",
  "optimizerStep()",
  "afterUpdate",
  "afterTrainingIteration",
];

/** Two epochs of two minibatches. */
const TRAINING_EXPERIENCE = [
  "beforeTrainDatasetAdaptation",
  "trainDatasetAdaptation()",
  "afterTrainDatasetAdaptation",
  "makeTrainDataloader()",
  "modelAdaptation()",
  "makeOptimizer()",
  "beforeTrainingExp",
  "beforeTrainingEpoch",
  ...repeat(2, TRAINING_ITERATION),
  "afterTrainingEpoch",
  "beforeTrainingEpoch",
  ...repeat(2, TRAINING_ITERATION),
  "afterTrainingEpoch",
  "afterTrainingExp",
];

const EVAL_ITERATION = [
  "beforeEvalIteration",
  "beforeEvalForward",
  "forward()",
  "afterEvalForward",
  "criterion()",
  "afterEvalIteration",
];

/** Two minibatches. */
const EVAL_EXPERIENCE = [
  "beforeEvalDatasetAdaptation",
  "evalDatasetAdaptation()",
  "afterEvalDatasetAdaptation",
  "makeEvalDataloader()",
  "modelAdaptation()",
  "beforeEvalExp",
  ...repeat(2, EVAL_ITERATION),
  "afterEvalExp",
];

describe("the loop", () => {
  test("train() calls back in Avalanche's order, with two experiences, two epochs and two minibatches", async () => {
    await withStrategy(new SpelledStrategy(), async (strategy) => {
      await strategy.train(trainStream);
      expect(strategy.log).toEqual(["beforeTraining", ...repeat(2, TRAINING_EXPERIENCE), "afterTraining"]);
      expect(countNames(strategy.log.filter((name) => !name.endsWith("()")))).toEqual({
        beforeTraining: 1,
        beforeTrainDatasetAdaptation: 2,
        afterTrainDatasetAdaptation: 2,
        beforeTrainingExp: 2,
        beforeTrainingEpoch: 4,
        beforeTrainingIteration: 8,
        beforeForward: 8,
        afterForward: 8,
        beforeBackward: 8,
        afterBackward: 8,
        beforeUpdate: 8,
        afterUpdate: 8,
        afterTrainingIteration: 8,
        afterTrainingEpoch: 4,
        afterTrainingExp: 2,
        afterTraining: 1,
      } satisfies Record<(typeof TRAINING_CALLBACKS)[number], number>);
    });
  });

  test("eval() calls back in Avalanche's order, with two experiences of two minibatches", async () => {
    await withStrategy(new SpelledStrategy(), async (strategy) => {
      await strategy.eval(testStream);
      expect(strategy.log).toEqual(["beforeEval", ...repeat(2, EVAL_EXPERIENCE), "afterEval"]);
      expect(countNames(strategy.log.filter((name) => !name.endsWith("()")))).toEqual({
        beforeEval: 1,
        beforeEvalDatasetAdaptation: 2,
        afterEvalDatasetAdaptation: 2,
        beforeEvalExp: 2,
        beforeEvalIteration: 4,
        beforeEvalForward: 4,
        afterEvalForward: 4,
        afterEvalIteration: 4,
        afterEvalExp: 2,
        afterEval: 1,
      } satisfies Record<(typeof EVAL_CALLBACKS)[number], number>);
    });
  });

  test("TRAINING_CALLBACKS and EVAL_CALLBACKS are in the order in which they first come", async () => {
    const log: string[] = [];
    await withStrategy(new Naive(makeOptions({ plugins: [createRecorder(log)] })), async (strategy) => {
      await strategy.train(trainStream.at(0));
      expect([...new Set(log)]).toEqual([...TRAINING_CALLBACKS]);
      log.length = 0;
      await strategy.eval(testStream.at(0));
      expect([...new Set(log)]).toEqual([...EVAL_CALLBACKS]);
    });
  });

  test("train() calls back in the same order where the step is fused", async () => {
    const between = new Set<CallbackName>(["afterForward", "beforeBackward", "afterBackward", "beforeUpdate"]);
    const callbacks = TRAINING_CALLBACKS.filter((callback) => !between.has(callback));
    const log: string[] = [];
    const plugins = [createListener(callbacks, (callback) => void log.push(callback))];
    await withStrategy(new Naive(makeOptions({ plugins, trainEpochs: 2 })), async (strategy) => {
      await strategy.train(trainStream);
      expect(strategy.plan.fused && strategy.plan.updateWithReduction).toBe(true);
    });
    const wanted = ["beforeTraining", ...repeat(2, TRAINING_EXPERIENCE), "afterTraining"];
    expect(log).toEqual(wanted.filter((name) => callbacks.some((callback) => callback === name)));
  });
});

describe("the order of plugins", () => {
  test("is the user's, the evaluator, periodic evaluation, the clock", async () => {
    const log: string[] = [];
    const spy: PluginMetric = {
      name: "spy",
      save: () => null,
      restore: () => {},
      afterTrainingEpoch: () => void log.push("evaluator"),
    };
    const evaluator = new EvaluationPlugin({ metrics: [spy] });
    const listen = (name: string) =>
      createListener(["afterTrainingEpoch", "beforeEval"], (callback) => void log.push(`${name} ${callback}`), name);
    const first = listen("first");
    const second = listen("second");
    const clockSpy = createListener(["beforeEval"], (_, { clock }) => void log.push(`epoch ${clock.trainExpEpochs}`));
    const plugins = [first, second, clockSpy];
    await withStrategy(new Naive(makeOptions({ plugins, evaluator, evalEvery: 1 })), async (strategy) => {
      expect(strategy.plugins.map((plugin) => plugin.name ?? plugin.constructor.name)).toEqual([
        "first",
        "second",
        "listener",
        "EvaluationPlugin",
        "PeriodicEval",
        "Clock",
      ]);
      await strategy.train(trainStream.at(0), { evalStreams: [testStream] });
    });
    const evaluated = ["first beforeEval", "second beforeEval", "epoch 0"];
    expect(log).toEqual([
      ...evaluated,
      "first afterTrainingEpoch",
      "second afterTrainingEpoch",
      "evaluator",
      // The epoch is evaluated before the clock counts it.
      ...evaluated,
    ]);
  });

  test("lets everyone see the clock's counters before an event is counted", async () => {
    const counters: string[] = [];
    const watched = [
      "beforeTrainingIteration",
      "afterTrainingIteration",
      "afterTrainingEpoch",
      "afterTrainingExp",
    ] as const;
    const listener = createListener(watched, (callback, { clock }) => {
      const { trainIterations, trainExpCounter, trainExpEpochs, trainExpIterations, trainEpochIterations } = clock;
      const seen = [trainIterations, trainExpCounter, trainExpEpochs, trainExpIterations, trainEpochIterations];
      counters.push(`${callback} ${seen.join(" ")}`);
    });
    const strategy = new Naive(makeOptions({ plugins: [listener], trainEpochs: 2 }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream);
      await strategy.eval(testStream);
    });
    const experience = (exp: number, first: number) => [
      `beforeTrainingIteration ${first} ${exp} 0 0 0`,
      `afterTrainingIteration ${first} ${exp} 0 0 0`,
      `beforeTrainingIteration ${first + 1} ${exp} 0 1 1`,
      `afterTrainingIteration ${first + 1} ${exp} 0 1 1`,
      `afterTrainingEpoch ${first + 2} ${exp} 0 2 2`,
      `beforeTrainingIteration ${first + 2} ${exp} 1 2 0`,
      `afterTrainingIteration ${first + 2} ${exp} 1 2 0`,
      `beforeTrainingIteration ${first + 3} ${exp} 1 3 1`,
      `afterTrainingIteration ${first + 3} ${exp} 1 3 1`,
      `afterTrainingEpoch ${first + 4} ${exp} 1 4 2`,
      `afterTrainingExp ${first + 4} ${exp} 2 4 2`,
    ];
    expect(counters).toEqual([...experience(0, 0), ...experience(1, 4)]);
    expect({ ...strategy.clock }).toEqual({
      trainIterations: 8,
      trainExpCounter: 2,
      trainExpEpochs: 2,
      trainExpIterations: 4,
      trainEpochIterations: 2,
      totalIterations: 10,
    });
  });
});
