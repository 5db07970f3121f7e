import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createDataSource, type DataSource } from "../../../src/data/data_source.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { AR1 } from "../../../src/methods/ar1/ar1.ts";
import { EWCPlugin } from "../../../src/methods/ewc/ewc_plugin.ts";
import { GenerativeReplayPlugin } from "../../../src/methods/generative_replay/generative_replay_plugin.ts";
import { ICaRLPlugin } from "../../../src/methods/icarl/icarl_plugin.ts";
import { LaMAML } from "../../../src/methods/la_maml/la_maml.ts";
import { LRSchedulerPlugin } from "../../../src/methods/lr_scheduler/lr_scheduler_plugin.ts";
import { ReduceLROnPlateauPlugin } from "../../../src/methods/lr_scheduler/reduce_lr_on_plateau_plugin.ts";
import { MER } from "../../../src/methods/mer/mer.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { NCMPlugin } from "../../../src/methods/ncm/ncm_plugin.ts";
import { ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import { SCRPlugin } from "../../../src/methods/scr/scr_plugin.ts";
import { StreamingLDA } from "../../../src/methods/streaming_lda/streaming_lda.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { takeSnapshot } from "../../../src/training/checkpoints/strategy_snapshot.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { assertCombination, type Trait } from "../../../src/training/loop/combination_rules.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { FocalLoss } from "../../../src/training/losses/focal_loss.ts";
import { CONTRACT_MEMBERS } from "../../methods/contract/contract_members.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

const traits: readonly Trait[] = ["changesLoss", "keepsMinibatchSamples", "replacesDataloader", "setsLearningRate"];
const rules = fc.record({
  traits: fc.subarray([...traits], { maxLength: 2 }),
  excludes: fc.subarray([...traits], { maxLength: 2 }),
});

describe("assertCombination()", () => {
  test("refuses whoever does what another excludes, naming both, and nobody else", () => {
    fc.assert(
      fc.property(rules, fc.array(rules, { maxLength: 3 }), (drawn, others) => {
        const own = { ...drawn };
        const plugins = others.map((other, i) => ({ ...other, name: `plugin ${i}` }));
        const members = [{ ...own, name: "Object" }, ...plugins];
        const pairs = members.flatMap((member) =>
          members
            .filter((other) => other !== member && member.excludes.some((trait) => other.traits.includes(trait)))
            .map((other) => [member.name, other.name] as const),
        );
        const [first] = pairs;
        if (!first) return expect(() => assertCombination(own, plugins)).not.toThrow();
        const said = `${first[0]} needs nothing beside it that `;
        expect(() => assertCombination(own, plugins)).toThrow(said);
        expect(() => assertCombination(own, plugins)).toThrow(`, got "${first[1]}"`);
      }),
    );
  });

  test("counts a criterion of a plugin's own as replacing the strategy's", () => {
    const plugin = { name: "own", criterion: () => ({ loss: 0, dOutput: new Float32Array(0) }) };
    expect(() => assertCombination({}, [plugin])).not.toThrow();
    expect(() => assertCombination({ excludes: ["replacesCriterion"] }, [plugin])).toThrow(
      'Object needs nothing beside it that replaces the criterion, got "own"',
    );
  });
});

describe("assertCriterionIsUsed()", () => {
  test("has a strategy that trains by a loss of its own refuse another criterion before anything is trained", async () => {
    let calls = 0;
    const counting = { name: "counting", traits: [], beforeTraining: () => void calls++ };
    const makers: readonly (readonly [name: string, create: (options: StrategyOptions) => BaseStrategy])[] = [
      ["ICaRLPlugin", (options) => new Naive({ ...options, plugins: [new ICaRLPlugin({ memSize: 8 })] })],
      ["SCRPlugin", (options) => new Naive({ ...options, plugins: [new SCRPlugin()] })],
      ["StreamingLDA", (options) => new StreamingLDA({ ...options, plugins: [counting] })],
    ];
    const { trainStream } = makeBenchmark();
    for (const [name, create] of makers) {
      for (const [criterion, got] of [
        [new FocalLoss(), "FocalLoss"],
        [new CrossEntropyLoss({ labelSmoothing: 0.1 }), "CrossEntropyLoss"],
        [() => Promise.reject() as never, "a function"],
      ] as const) {
        await withStrategy(create(makeOptions({ criterion })), async (strategy) => {
          const message = `${name} trains by a loss of its own: criterion must be left out, got ${got}`;
          await expect(strategy.train(trainStream)).rejects.toThrow(message);
          expect(calls).toBe(0);
        });
      }
      await withStrategy(create(makeOptions({ criterion: new CrossEntropyLoss() })), (s) => s.train(trainStream.at(0)));
      calls = 0;
    }
    await withStrategy(new Naive(makeOptions({ criterion: new FocalLoss() })), (s) => s.train(trainStream.at(0)));
  });
});

describe("a strategy", () => {
  test("is not made with plugins that go badly with each other or with it, nor with a plugin that refuses its model", () => {
    const schedulers = [new LRSchedulerPlugin(), new ReduceLROnPlateauPlugin()];
    expect(() => new Naive(makeOptions({ plugins: schedulers }))).toThrow(
      'LRSchedulerPlugin needs nothing beside it that sets the learning rate, got "ReduceLROnPlateauPlugin"',
    );
    const loaders = [new SCRPlugin(), new ReplayPlugin()];
    expect(() => new Naive(makeOptions({ plugins: loaders }))).toThrow(
      'SCRPlugin needs nothing beside it that replaces the dataloader, got "ReplayPlugin"',
    );
    const generative = [new GenerativeReplayPlugin()];
    const changes = 'needs nothing beside it that changes the loss or its gradient, got "GenerativeReplayPlugin"';
    for (const Strategy of [MER, LaMAML]) {
      const said = `${Strategy.name} ${changes}`;
      expect(() => new Strategy(makeOptions({ plugins: generative }))).toThrow(said);
    }
    const ewc = [new EWCPlugin({ lambda: 1 })];
    expect(() => new StreamingLDA(makeOptions({ plugins: ewc }))).toThrow("StreamingLDA needs nothing beside");
    const answers = [new NCMPlugin(), new ICaRLPlugin()];
    expect(() => new Naive(makeOptions({ plugins: answers }))).toThrow(
      'NCMPlugin needs nothing beside it that replaces the predictions, got "ICaRLPlugin"',
    );
    const scheduled = makeOptions({ plugins: [new LRSchedulerPlugin()] });
    expect(() => new AR1({ ...scheduled, incLearningRate: 0.1 })).toThrow('got "AR1 with incLearningRate"');
    expect(() => new AR1(scheduled)).not.toThrow();
    const picky = {
      assertUsable: ({ model }: { readonly model: { readonly name: string } }) => {
        throw new RangeError(`picky needs another model, got ${model.name}`);
      },
    };
    expect(() => new Naive(makeOptions({ plugins: [picky] }))).toThrow("picky needs");
  });
});

/** Where samples come from that are in a minibatch and nowhere else. */
const MINIBATCH_ONLY = "in minibatches alone";

/** Has every minibatch of the dataloader made of samples of their own. */
function copyMinibatches(strategy: BaseStrategy): void {
  const copies = new Map<number, DataSource>();
  const copy = (source: DataSource) => {
    const made = copies.get(source.id) ?? createDataSource({ ...source, name: MINIBATCH_ONLY });
    copies.set(source.id, made);
    return made;
  };
  const train = strategy.trainingIteration.bind(strategy);
  strategy.trainingIteration = ({ sources, references }) => {
    const made = new Map([...sources].map(([id, source]) => [id, copy(source)]));
    const sourceIds = references.sourceIds.map((id) => made.get(id)?.id ?? -1);
    const samples = new Map([...made.values()].map((source) => [source.id, source]));
    return train(new Dataset(samples, { sourceIds, rows: references.rows }));
  };
}

describe("every strategy and plugin", () => {
  for (const [name, { create, createModel, taskLabels = false }] of Object.entries(CONTRACT_MEMBERS)) {
    test(`${name} says so if it keeps samples of minibatches, and only then`, async () => {
      const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) });
      const { model, ...options } = makeOptions({ trainEpochs: 2, optimizer: new Adam(), evaluator });
      const strategy = create({ model: createModel?.(8) ?? model, ...options });
      const { traits, plugins } = strategy;
      const declared = [{ traits }, ...plugins].some(({ traits = [] }) => traits.includes("keepsMinibatchSamples"));
      await withStrategy(strategy, async () => {
        copyMinibatches(strategy);
        const { trainStream, testStream } = makeBenchmark({ taskLabels });
        await strategy.train(trainStream, { evalStreams: [testStream] });
        const { plugins, own } = takeSnapshot(strategy);
        expect(JSON.stringify([plugins, own]).includes(MINIBATCH_ONLY)).toBe(declared);
      });
    });
  }
});
