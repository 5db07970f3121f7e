import { describe, expect, test } from "bun:test";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import { relabelTasks } from "../../../src/data/transforms/relabel_tasks.ts";
import { LwF, LwFPlugin } from "../../../src/methods/lwf/lwf_plugin.ts";
import type { LwFOptions } from "../../../src/methods/lwf/options.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import type { Criterion } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { differentiateSlowly, measureDifference, type Rows } from "../shared/slow_losses.ts";

const listRows = ({ data, shape: [, width = 1] }: HostTensor): Rows =>
  Array.from({ length: data.length / width }, (_, i) => Array.from(data.subarray(i * width, (i + 1) * width)));

/** weight · mean KL(softmax(t/T) ‖ softmax(z/T)) of the columns, written out. */
function distillSlowly(z: Rows, t: Rows, columns: readonly number[], temperature: number, weight: number): number {
  const soften = (row: readonly number[]) => {
    const powers = columns.map((c) => Math.exp((row[c] ?? 0) / temperature));
    return powers.map((power) => power / powers.reduce((sum, value) => sum + value, 0));
  };
  const losses = z.map((row, i) => {
    const [p, q] = [soften(row), soften(t[i] ?? [])];
    return q.reduce((sum, target, c) => sum + target * Math.log(target / (p[c] ?? 1)), 0);
  });
  return (weight * losses.reduce((sum, loss) => sum + loss, 0)) / z.length;
}

/** A criterion that is this function of the outputs' rows. */
function createSlowCriterion(slow: (rows: Rows) => number): Criterion {
  return {
    evaluate: (output) => {
      const rows = listRows(output);
      return { loss: slow(rows), dOutput: Float32Array.from(differentiateSlowly(slow, rows)) };
    },
  };
}

/** Compares each step's loss and gradient with the cross-entropy and a slow distillation. Comes after the LwFPlugin. */
function createCheck(options: LwFOptions, checks: { steps: number; largest: number }): StrategyPlugin {
  const { alpha = 1, temperature = 2, compatibility = "paper" } = options;
  let teacher: Float32Array | undefined;
  const seen: { task: number; classes: number[] }[] = [];
  const listener = createListener(["afterTrainingExp", "afterBackward"], async (callback, strategy) => {
    const { experience, clock, mbatch, mbY } = strategy;
    if (callback === "afterTrainingExp") {
      teacher = strategy.parameters.slice();
      seen.push({ task: experience.taskLabel, classes: [...experience.classesInThisExperience] });
      return;
    }
    const list = typeof alpha === "number" ? [alpha] : alpha;
    const weight =
      (list[clock.trainExpCounter] ?? list.at(-1) ?? 0) * (compatibility === "paper" ? temperature ** 2 : 1);
    let { loss } = new CrossEntropyLoss().evaluate(strategy.mbOutput, mbY);
    const wanted = Array.from(await strategy.gradientOn(mbatch));
    for (const part of teacher ? listParts(strategy, seen) : []) {
      const samples = part.task === undefined ? mbatch : relabelTasks(mbatch, part.task);
      const target = listRows(await strategy.forwardWith(teacher ?? new Float32Array(), samples));
      const slow = (rows: Rows) => distillSlowly(rows, target, part.classes, temperature, weight);
      const side = await strategy.lossAndGradientOn(samples, { criterion: createSlowCriterion(slow) });
      for (const [i, g] of side.gradient.entries()) wanted[i] = (wanted[i] ?? 0) + g;
      loss += side.loss;
      checks.largest = Math.max(checks.largest, side.loss);
    }
    expect(Math.abs(strategy.loss - loss)).toBeLessThan(1e-4);
    expect(measureDifference(strategy.gradient, wanted)).toBeLessThan(2e-4);
    checks.steps += 1;
  });
  const afterModelGrowth: StrategyPlugin["afterModelGrowth"] = (_, growth) => {
    if (teacher) teacher = growth.remap(teacher);
  };
  return { ...listener, afterModelGrowth };
}

/** What is held: each past head's classes, or, with one head, all past classes. */
function listParts({ heads }: BaseStrategy, seen: readonly { task: number; classes: number[] }[]) {
  if (heads.some(({ kind }) => kind === "multi-head")) return seen;
  return [{ task: undefined, classes: seen.flatMap(({ classes }) => classes) }];
}

describe("LwFPlugin", () => {
  for (const [name, options, model] of [
    ["with the factor T²", { alpha: 0.7, temperature: 3 }, {}],
    ["with Avalanche's mathematics", { alpha: 2, compatibility: "avalanche" }, {}],
    ["with an alpha for each experience", { alpha: [0, 0.5, 2], temperature: 1 }, {}],
    ["with a growing head", { alpha: 1 }, { incremental: true, initialUnits: 1 }],
    ["with a head a task", { alpha: 0.7, temperature: 3 }, { multiHead: true, initialUnits: 1 }],
  ] as const) {
    test(`adds the loss and the gradient of the slow version, ${name}`, async () => {
      const isMultiHead = "multiHead" in model;
      const benchmark = makeBenchmark({ experiences: isMultiHead ? 2 : 4, samples: 96, taskLabels: isMultiHead });
      const checks = { steps: 0, largest: 0 };
      const plugins = [new LwFPlugin(options), createCheck(options, checks)];
      const strategy = new Naive({
        ...makeOptions({ trainEpochs: 2, plugins }),
        model: mlp({ ...SMALL_MLP, ...model }),
      });
      await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
      expect(checks.steps).toBeGreaterThan(10);
      expect(checks.largest).toBeGreaterThan(5e-4);
    });
  }

  test("compares with the model of the last experience's end: at the next one's start there is nothing to hold", async () => {
    for (const model of [{}, { incremental: true, initialUnits: 1 }]) {
      const excess: number[] = [];
      const noting = createListener(["afterTrainingIteration"], (_, { loss, mbOutput, mbY, clock }) => {
        const plain = new CrossEntropyLoss().evaluate(mbOutput, mbY).loss;
        if (clock.trainExpCounter === 2) excess.push(loss - plain);
      });
      const strategy = new LwF({
        ...makeOptions({ plugins: [noting], trainEpochs: 3 }),
        alpha: 10,
        model: mlp({ ...SMALL_MLP, ...model }),
      });
      await withStrategy(strategy, () => strategy.train(makeBenchmark({ experiences: 4, samples: 128 }).trainStream));
      expect(Math.abs(excess[0] ?? 1)).toBeLessThan(1e-5);
      expect(excess.at(-1)).toBeGreaterThan(1e-3);
    }
  });

  test("holds the outputs of old classes, the more the larger alpha is", async () => {
    const benchmark = makeBenchmark({ experiences: 4, samples: 160 });
    const { dataset } = benchmark.trainStream.at(0);
    const drifts: number[] = [];
    for (const alpha of [0, 0.5, 3]) {
      const strategy = new LwF({ ...makeOptions({ trainEpochs: 5 }), alpha });
      await withStrategy(strategy, async () => {
        await strategy.train(benchmark.trainStream.slice(0, 2));
        const before = await strategy.forwardWith(strategy.parameters, dataset);
        await strategy.train(benchmark.trainStream.slice(2));
        const after = await strategy.forwardWith(strategy.parameters, dataset);
        drifts.push(distillSlowly(listRows(after), listRows(before), [0, 1], 2, 1));
      });
    }
    expect(drifts.toSorted((a, b) => b - a)).toEqual(drifts);
    expect(drifts[2]).toBeLessThan((drifts[0] ?? 0) / 3);
    const naive = await trainParameters(new Naive(makeOptions({ trainEpochs: 5 })), benchmark);
    const unheld = await trainParameters(new LwF({ ...makeOptions({ trainEpochs: 5 }), alpha: 0 }), benchmark);
    expect(measureDifference(unheld, naive)).toBeLessThan(1e-5);
  });

  test("LwFPlugin() refuses options out of range", () => {
    expect(() => new LwFPlugin({ alpha: -1 })).toThrow("LwFPlugin: alpha must be at least 0, got -1");
    expect(() => new LwFPlugin({ alpha: [] })).toThrow(
      "LwFPlugin: alpha must be an array of at least one element, got []",
    );
    expect(() => new LwFPlugin({ temperature: 0 })).toThrow("LwFPlugin: temperature must be above 0, got 0");
    expect(() => Reflect.construct(LwFPlugin, [{ compatibility: "papers" }])).toThrow(
      'LwFPlugin: compatibility must be "paper" or "avalanche", got "papers"',
    );
  });
});
