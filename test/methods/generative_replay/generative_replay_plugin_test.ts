import { describe, expect, test } from "bun:test";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { DERPlugin } from "../../../src/methods/der/der_plugin.ts";
import {
  GenerativeReplay,
  GenerativeReplayPlugin,
} from "../../../src/methods/generative_replay/generative_replay_plugin.ts";
import type { GenerativeReplayOptions } from "../../../src/methods/generative_replay/options.ts";
import { VAETraining } from "../../../src/methods/generative_replay/vae_training.ts";
import { MER } from "../../../src/methods/mer/mer.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { chooseClasses } from "../../../src/methods/shared/teacher.ts";
import { mlpVAE } from "../../../src/models/mlp_vae.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { checkExport } from "../../../src/onnx/export/check_export.ts";
import { exportModel } from "../../../src/onnx/export/export_model.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 96 });
const SIZES = { latentSize: 2, hiddenSizes: [6] } as const;

/** The cross-entropy without an objective in the graph: every step is split. */
const splitCriterion = {
  evaluate: (output: HostTensor, y: Int32Array) => new CrossEntropyLoss().evaluate(output, y),
};

/** What a training iteration was like. */
interface Step {
  readonly experience: number;
  readonly size: number;
  readonly replayed: number;
  readonly labels: readonly number[];
  /** The strategy's loss, and the means of the cross-entropy over new and over replayed samples. */
  readonly loss: number;
  readonly fresh: number;
  readonly past: number;
}

const mean = (values: Iterable<number>) => {
  const list = [...values];
  return list.reduce((sum, value) => sum + value, 0) / list.length;
};

function describeStep({ mbOutput, mbY, mbatch, loss, clock }: BaseStrategy): Step {
  const { losses } = new CrossEntropyLoss().evaluate(mbOutput, mbY);
  const isMade = [...mbatch.references.sourceIds].map((id) => mbatch.sources.get(id)?.name === "generated samples");
  const replayed = isMade.filter(Boolean).length;
  const size = mbY.length - replayed;
  return {
    experience: clock.trainExpCounter,
    size,
    replayed,
    labels: [...mbY.subarray(size)],
    loss,
    fresh: mean(losses?.subarray(0, size) ?? []),
    past: mean(losses?.subarray(size) ?? []),
  };
}

async function train(options: GenerativeReplayOptions, others: Partial<StrategyOptions> = {}): Promise<Step[]> {
  const steps: Step[] = [];
  const noting = createListener(["afterTrainingIteration"], (_, strategy) => void steps.push(describeStep(strategy)));
  const plugins = [new GenerativeReplayPlugin({ ...SIZES, ...options }), noting];
  const strategy = new Naive(makeOptions({ ...others, plugins: [...(others.plugins ?? []), ...plugins] }));
  await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
  return steps;
}

describe("GenerativeReplayPlugin", () => {
  test("adds as many made-up samples as there are new ones, from the second experience on, of classes seen before", async () => {
    const steps = await train({});
    expect(steps.filter(({ experience }) => experience === 0).every(({ replayed }) => replayed === 0)).toBe(true);
    const later = steps.filter(({ experience }) => experience > 0);
    expect(later.length).toBe(6);
    for (const { size, replayed, labels, experience } of later) {
      expect(replayed).toBe(size);
      expect(labels.every((label) => label < experience)).toBe(true);
    }
  });

  test("weighs new samples by 1/k and others by the rest, by a ratio, by a growing weight, or not at all", async () => {
    const rules: readonly (readonly [GenerativeReplayOptions, (step: Step, index: number) => number])[] = [
      [{}, ({ fresh, past, experience: k }) => fresh / (k + 1) + (past * k) / (k + 1)],
      [
        { ratio: [1, 0.9, 0.2] },
        ({ fresh, past, experience: k }) => (k === 1 ? 0.9 * fresh + 0.1 * past : 0.2 * fresh + 0.8 * past),
      ],
      [
        { isWeightedReplay: true, weightReplayLoss: 0.5, weightReplayLossFactor: 2 },
        ({ fresh, past }, i) => fresh + past * 2 ** (i - 1),
      ],
      [
        { compatibility: "avalanche", replaySize: 4 },
        ({ fresh, past, size }) => (fresh * size + past * 4) / (size + 4),
      ],
    ];
    for (const criterion of [undefined, splitCriterion]) {
      for (const [options, wanted] of rules) {
        const steps = (await train(options, criterion ? { criterion } : {})).filter(({ experience }) => experience > 0);
        for (const [i, step] of steps.entries()) {
          expect(Math.abs(step.loss - wanted(step, i)) / wanted(step, i)).toBeLessThan(1e-4);
        }
      }
    }
  });

  test("generates as many as it is told, or one minibatch more for each experience", async () => {
    const fixed = await train({ replaySize: 5 });
    expect(fixed.map(({ replayed, experience }) => (experience === 0 ? replayed === 0 : replayed === 5))).not.toContain(
      false,
    );
    const growing = await train({ increasingReplaySize: true });
    for (const { replayed, size, experience } of growing) expect(replayed).toBe(size * experience);
  });

  test("labels by the model of the last experience's end, the most likely of the classes seen", async () => {
    let teacher: Float32Array | undefined;
    const checks: boolean[] = [];
    const checking = createListener(["afterTrainingExp", "afterBackward"], async (callback, strategy) => {
      if (callback === "afterTrainingExp") teacher = strategy.parameters.slice();
      if (callback !== "afterBackward" || !teacher) return;
      const { data, shape } = await strategy.forwardWith(teacher, strategy.mbatch);
      const { replayed, labels, size, experience } = describeStep(strategy);
      for (let i = 0; i < replayed; i++) {
        const logits = [...data.subarray((size + i) * (shape[1] ?? 0))].slice(0, experience);
        checks.push(labels[i] === logits.indexOf(Math.max(...logits)));
      }
    });
    await train({}, { plugins: [checking] });
    expect(checks.length).toBeGreaterThan(50);
    expect(checks).not.toContain(false);
  });

  test("replays from the first experience on, when model and generator were trained before", async () => {
    const steps = await train({ untrainedSolver: false });
    expect(steps.every(({ replayed, size }) => replayed === size)).toBe(true);
  });

  test("replays from a generator that it was given and leaves its training to others", async () => {
    const generator = mlpVAE({ inputShape: [6], ...SIZES });
    const optimizer = new Adam();
    const generatorStrategy = new VAETraining({ generator, optimizer, evaluator: null, cluster: { workers: 0 } });
    const strategy = new Naive(
      makeOptions({ plugins: [new GenerativeReplayPlugin({ generatorStrategy, untrainedSolver: false })] }),
    );
    await withStrategy(generatorStrategy, () =>
      withStrategy(strategy, async () => {
        await strategy.train(benchmark.trainStream);
        expect(generatorStrategy.clock.trainIterations).toBe(0);
      }),
    );
  });

  test("reduces forgetting", async () => {
    const { trainStream, testStream } = makeBenchmark({ samples: 256 });
    const test = testStream.at(0).dataset;
    const options = () => makeOptions({ optimizer: new Adam({ learningRate: 0.02 }), trainEpochs: 20 });
    const evaluate = async (strategy: BaseStrategy) =>
      withStrategy(strategy, async () => {
        await strategy.train(trainStream);
        const output = await strategy.forwardWith(strategy.parameters, test);
        return mean(chooseClasses(output, []).map((label, i) => (label === test.targets[i] ? 1 : 0)));
      });
    const generator = { latentSize: 4, hiddenSizes: [16], generatorEpochs: 40, generatorLearningRate: 0.01 };
    expect(await evaluate(new Naive(options()))).toBeLessThan(0.3);
    expect(await evaluate(new GenerativeReplay({ ...options(), ...generator }))).toBeGreaterThan(0.7);
  });

  test("exports the classifier, equal to the engine's, while it grows", async () => {
    const model = mlp({ ...SMALL_MLP, incremental: true });
    const strategy = new GenerativeReplay({ ...makeOptions({ model }), ...SIZES });
    await withStrategy(strategy, async () => {
      for (const experience of benchmark.trainStream) {
        await strategy.train(experience);
        const { cluster } = strategy;
        const spec = parseTopology(cluster.model.topology);
        const bytes = exportModel({ spec, parameters: cluster.parameters, state: cluster.state, metadata: {} });
        const samples = benchmark.testStream.at(0).dataset;
        const { data: expected } = await strategy.forwardWith(strategy.parameters, samples);
        const x = { ...readSamples(samples), taskLabels: samples.targetsTaskLabels };
        expect((await checkExport(bytes, { x, expected })).maxAbsoluteDifference).toBeLessThan(1e-4);
      }
    });
  });

  test("refuses what goes badly with it, by name", async () => {
    const refusal = async (strategy: BaseStrategy): Promise<string> =>
      withStrategy(strategy, async () => strategy.train(benchmark.trainStream).then(() => "nothing", String));
    const create = (options: Partial<StrategyOptions>, plugins: readonly StrategyPlugin[] = []) =>
      new Naive(makeOptions({ ...options, plugins: [...plugins, new GenerativeReplayPlugin(SIZES)] }));
    const wanted = "GenerativeReplayPlugin needs nothing beside it that keeps samples of minibatches";
    expect(() => create({}, [new DERPlugin()])).toThrow(`${wanted}, got "DERPlugin"`);
    expect(() => new MER(makeOptions({ plugins: [new GenerativeReplayPlugin(SIZES)] }))).toThrow(/"MER"|MER needs/);
    expect(() => create({ model: mlp({ ...SMALL_MLP, multiHead: true }) })).toThrow("multi-head");
    const own = create({ criterion: (output) => output.square().mean().asScalar() });
    expect(await refusal(own)).toContain("needs a criterion that gives the loss of each of 32 samples");
  });

  test("refuses options out of range, and such as exclude each other", () => {
    const refused: readonly (readonly [GenerativeReplayOptions, string])[] = [
      [{ replaySize: 0 }, "replaySize"],
      [
        { replaySize: 3, increasingReplaySize: true },
        "GenerativeReplayPlugin: replaySize and increasingReplaySize exclude each other",
      ],
      [{ ratio: 1.5 }, "ratio"],
      [{ ratio: [] }, "ratio"],
      [{ ratio: 0.5, isWeightedReplay: true }, "GenerativeReplayPlugin: ratio and isWeightedReplay exclude each other"],
      [
        { ratio: 0.5, compatibility: "avalanche" },
        'GenerativeReplayPlugin: ratio requires compatibility "paper", as Avalanche has none',
      ],
      [{ weightReplayLoss: -1 }, "weightReplayLoss"],
      [{ weightReplayLossFactor: -1 }, "weightReplayLossFactor"],
      [{ latentSize: 0 }, "latentSize"],
      [{ hiddenSizes: [0] }, "hiddenSizes"],
      [{ generatorEpochs: 0.5 }, "generatorEpochs"],
      [{ generatorLearningRate: -1 }, "generatorLearningRate"],
      [{ beta: -1 }, "beta"],
    ];
    for (const [options, name] of refused) expect(() => new GenerativeReplayPlugin(options)).toThrow(name);
  });
});
