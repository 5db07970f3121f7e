import { describe, expect, test } from "bun:test";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { SingleDatasetDataLoader } from "../../../src/memory/loaders/single_dataset_data_loader.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { CallbackName } from "../../../src/training/loop/callbacks.ts";
import { assign, readWeights } from "../../methods/contract/assigned.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { ALL_CALLBACKS, createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, takeFirst, withStrategy } from "./made_strategy.ts";

const benchmark = makeBenchmark();
const { trainStream, testStream } = benchmark;

/** What `act` throws; undefined if nothing. */
function catchRefusal(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** What `act` throws in a callback. */
async function assignIn(callback: CallbackName, act: (strategy: BaseStrategy) => void): Promise<unknown> {
  let thrown: unknown;
  const plugin = createListener([callback], (_, strategy) => {
    thrown = catchRefusal(() => act(strategy));
  });
  const strategy = new Naive(makeOptions({ plugins: [plugin] }));
  await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
  return thrown;
}

/** In which callbacks an attribute may be assigned, to what it may be, and what refusals say to do elsewhere. */
const ASSIGNABLE: readonly {
  readonly attribute: string;
  readonly allowed: readonly CallbackName[];
  readonly value: (strategy: BaseStrategy) => unknown;
  readonly cure: string;
}[] = [
  {
    attribute: "adaptedDataset",
    allowed: ["afterTrainDatasetAdaptation", "afterEvalDatasetAdaptation"],
    value: () => takeFirst(trainStream.at(0).dataset, 8),
    cure: "assign strategy.dataloader",
  },
  {
    attribute: "dataloader",
    allowed: ["beforeTrainingExp", "beforeTrainingEpoch", "afterTrainingEpoch", "beforeEvalExp"],
    value: ({ adaptedDataset }) =>
      new SingleDatasetDataLoader({ dataset: adaptedDataset, batchSize: 16, shuffle: false }),
    cure: "in beforeTrainingExp, beforeTrainingEpoch, afterTrainingEpoch or beforeEvalExp",
  },
  {
    attribute: "mbatch",
    allowed: ["beforeTrainingIteration", "beforeForward", "beforeEvalIteration", "beforeEvalForward"],
    value: ({ mbatch }) => mbatch,
    cure: "in beforeTrainingIteration, beforeForward, beforeEvalIteration or beforeEvalForward",
  },
  {
    attribute: "mbOutput",
    allowed: [
      "afterBackward",
      "beforeUpdate",
      "afterUpdate",
      "afterTrainingIteration",
      "afterEvalForward",
      "afterEvalIteration",
    ],
    value: ({ mbOutput }) => mbOutput,
    cure: "use strategy.addLossTerm() or a plugin's criterion()",
  },
  {
    attribute: "loss",
    allowed: ["afterBackward", "beforeUpdate", "afterUpdate", "afterTrainingIteration", "afterEvalIteration"],
    value: ({ loss }) => loss + 1e6,
    cure: "add a term with strategy.addLossTerm()",
  },
  {
    attribute: "gradient",
    allowed: ["afterBackward", "beforeUpdate"],
    value: ({ parameters }) => new Float32Array(parameters.length),
    cure: "in afterBackward or beforeUpdate",
  },
];

describe("what a plugin assigns to", () => {
  for (const { attribute, allowed, value, cure } of ASSIGNABLE) {
    test(`strategy.${attribute} is taken where it changes something, and refused in every other callback`, async () => {
      const outcomes = new Map<CallbackName, unknown>();
      const plugin = createListener(ALL_CALLBACKS, (callback, strategy) => {
        if (!outcomes.has(callback))
          outcomes.set(
            callback,
            catchRefusal(() => assign(strategy, attribute, value(strategy))),
          );
      });
      await withStrategy(new Naive(makeOptions({ plugins: [plugin] })), async (strategy) => {
        await strategy.train(trainStream.at(0));
        await strategy.eval(testStream);
      });
      expect([...outcomes.keys()].sort()).toEqual([...ALL_CALLBACKS].sort());
      for (const [callback, thrown] of outcomes) {
        if (allowed.includes(callback)) expect({ callback, thrown }).toEqual({ callback, thrown: undefined });
        else {
          expect(thrown).toBeInstanceOf(RefusalError);
          expect(String(thrown)).toContain(`listener, ${callback}: `);
          expect(String(thrown)).toContain(cure);
        }
      }
    });

    test(`strategy.${attribute} is refused outside of train() and eval()`, async () => {
      await withStrategy(new Naive(makeOptions()), async (strategy) => {
        await strategy.train(trainStream.at(0));
        expect(() => assign(strategy, attribute, undefined)).toThrow("outside of train and eval: ");
        await strategy.train(trainStream.at(1));
      });
    });
  }

  test("strategy.gradient is what the step follows", async () => {
    const wanted = new Float32Array(92).fill(0.5);
    const seen: Float32Array[] = [];
    const plugin = createListener(["afterBackward", "afterUpdate"], (callback, strategy) => {
      if (callback === "afterBackward") {
        seen.push(strategy.parameters.slice());
        strategy.gradient = wanted;
      } else seen.push(strategy.parameters.slice());
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin], trainMbSize: 32 }));
    await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    const [before = new Float32Array(), after = new Float32Array()] = seen;
    expect(
      measureDifference(
        after,
        before.map((theta) => theta - 0.1 * 0.5),
      ),
    ).toBeLessThan(1e-7);
    const thrown = await assignIn("afterBackward", (s) => assign(s, "gradient", new Float32Array(3)));
    expect(String(thrown)).toContain("strategy.gradient has 92 values, got 3");
  });

  test("strategy.mbX is refused, also what is written into it", async () => {
    for (const callback of ["beforeTrainingIteration", "beforeForward"] as const) {
      const plugin = createListener([callback], (_, { mbX }) => void mbX.data.fill(0, 3, 4));
      await withStrategy(new Naive(makeOptions({ plugins: [plugin] })), async (strategy) => {
        const sentence = "strategy.mbX is a copy and writing into it changes nothing that is trained: replace";
        await expect(strategy.train(trainStream)).rejects.toThrow(sentence);
      });
    }
    const looking = createListener(["beforeForward", "afterForward"], (_, { mbX }) => void mbX.data.length);
    await withStrategy(new Naive(makeOptions({ plugins: [looking] })), (strategy) => strategy.train(trainStream));
  });
});

/** Attributes that nobody assigns to, and a part of what the refusal says. */
const FIXED: Readonly<Record<string, string>> = {
  augmentation: "the number of the training iteration",
  clock: "it counts what the loop does",
  cluster: "started with the strategy's model",
  criterion: "given when a strategy is made",
  currentEvalStream: "what eval() was called with",
  experience: "what train() or eval() was called with",
  heads: "growHeads()",
  isEval: "which loop goes on",
  isTraining: "which loop goes on",
  iterationsPerEpoch: "the length of strategy.dataloader",
  labels: "what the streams of experiences say",
  mbTaskId: "replace strategy.mbatch",
  mbX: "replace strategy.mbatch",
  mbValues: "replace strategy.mbatch",
  mbY: "replace strategy.mbatch",
  model: "make another strategy with the other model",
  options: "given when a strategy is made",
  plan: "what plugins listen to",
  plugins: "given when a strategy is made",
  presentRates: "they follow from the optimizer and its groups",
  randomStreams: "the option seed",
  shuffle: "what train() was called with",
};

describe("what somebody assigns to between two calls", () => {
  test("is refused with what to do instead, where it cannot be changed", async () => {
    await withStrategy(new Naive(makeOptions()), async (strategy) => {
      await strategy.train(trainStream.at(0));
      for (const [name, sentence] of Object.entries(FIXED)) {
        expect(() => assign(strategy, name, {})).toThrow(sentence);
        expect(() => assign(strategy, name, {})).toThrow(`strategy.${name} cannot be replaced`);
      }
      const push = () => Reflect.apply(Array.prototype.push, strategy.plugins, [new ReplayPlugin()]);
      expect(push).toThrow();
      const { plugins } = strategy;
      for (const name of ["push", "unshift", "splice", "pop"]) {
        expect(() => Reflect.apply(Reflect.get(plugins, name), plugins, [])).toThrow(
          "strategy.plugins cannot be changed",
        );
      }
      for (const [name, sentence] of [
        ["trainEpochs", "strategy.options.trainEpochs cannot be assigned: assign strategy.trainEpochs"],
        ["seed", "strategy.options.seed cannot be assigned: it is given when a strategy is made"],
      ] as const) {
        expect(() => assign(strategy.options, name, 3)).toThrow(sentence);
      }
    });
  });

  test("every public attribute of a strategy is in one of the tables", () => {
    const works = ["isStopped", "optimizer", "evaluator", "parameters", "sideSteps"];
    const settings = ["trainMbSize", "trainEpochs", "dropLast", "evalMbSize"];
    const declared = [
      "traits",
      "excludes",
      "targets",
      "trainsJointly",
      "ownState",
      "hasOtherOptimizer",
      "hasOtherSettings",
      "madeWith",
      "minibatchParts",
      "rowDemand",
    ];
    const known = new Set([...works, ...settings, ...declared, ...Object.keys(FIXED)]);
    for (const { attribute } of ASSIGNABLE) known.add(attribute);
    expect(listAttributes(new Naive(makeOptions())).filter((name) => !known.has(name))).toEqual([]);
  });

  test("settings hold from the next experience on, and are checked", async () => {
    const sizes: number[] = [];
    const plugin = createListener(["beforeTrainingIteration", "beforeEvalIteration"], (_, { mbatch }) => {
      sizes.push(mbatch.length);
    });
    await withStrategy(new Naive(makeOptions({ plugins: [plugin] })), async (strategy) => {
      await strategy.train(trainStream.at(0));
      strategy.trainMbSize = 20;
      strategy.trainEpochs = 2;
      strategy.evalMbSize = 5;
      await strategy.train(trainStream.at(1));
      await strategy.eval(testStream.at(0));
      expect(sizes).toEqual([16, 16, 20, 12, 20, 12, 5, 5, 5, 1]);
      expect(strategy.options).toMatchObject({ trainMbSize: 20, trainEpochs: 2, evalMbSize: 5, dropLast: false });
      expect(() => assign(strategy, "trainMbSize", 0)).toThrow(RangeError);
      expect(() => assign(strategy, "trainEpochs", 0.5)).toThrow(RangeError);
      expect(() => assign(strategy, "dropLast", 1)).toThrow("Naive: dropLast must be true or false, got 1");
      expect(strategy.trainMbSize).toBe(20);
    });
  });

  test("strategy.evaluator measures from then on, in the place of the one before", async () => {
    const create = () => new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) });
    await withStrategy(new Naive(makeOptions({ evaluator: create() })), async (strategy) => {
      const key = "Top1_Acc_Stream/eval_phase/test_stream/Task000";
      const before = strategy.evaluator;
      const first = await strategy.eval(testStream);
      strategy.evaluator = create();
      await strategy.train(trainStream.at(0));
      const second = await strategy.eval(testStream);
      expect(before.getLastMetrics()).toEqual(first);
      expect(second[key]).not.toBe(first[key]);
      expect(strategy.plugins.includes(before)).toBe(false);
    });
    const thrown = await assignIn("beforeTrainingExp", (strategy) => {
      strategy.evaluator = create();
    });
    expect(String(thrown)).toContain("strategy.evaluator can be assigned between train and eval, not in them");
  });

  test("strategy.parameters is copied into the parameters, and seen by the model", async () => {
    await withStrategy(new Naive(makeOptions()), async (strategy) => {
      await strategy.train(trainStream.at(0));
      const { parameters } = strategy;
      expect(readWeights(strategy.model)).toEqual([...parameters]);
      const wanted = new Float32Array(parameters.length).fill(0.25);
      strategy.parameters = wanted;
      expect([...parameters]).toEqual([...wanted]);
      expect(readWeights(strategy.model)).toEqual([...wanted]);
      expect(() => assign(strategy, "parameters", new Float32Array(2))).toThrow(
        `strategy.parameters has ${parameters.length} values, got 2`,
      );
    });
  });
});

/** Names of accessors and fields of an object and its classes, methods, private and protected ones left out. */
function listAttributes(target: object): string[] {
  const names = Object.keys(target).filter((name) => !["dispatcher", "loop", "progress"].includes(name));
  let owner: object | null = Object.getPrototypeOf(target);
  for (; owner && owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (get) names.push(name);
    }
  }
  return [...new Set(names)];
}
