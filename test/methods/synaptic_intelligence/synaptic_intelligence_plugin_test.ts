import { describe, expect, test } from "bun:test";
import { createQuadraticPenalty } from "../../../src/cluster/penalty.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { SynapticIntelligenceOptions } from "../../../src/methods/synaptic_intelligence/options.ts";
import {
  limitImportances,
  SynapticIntelligence,
  SynapticIntelligencePlugin,
} from "../../../src/methods/synaptic_intelligence/synaptic_intelligence_plugin.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 160 });

/** What the slow version has seen. */
interface Checks {
  steps: number;
  largestPenalty: number;
}

/**
 * Follows every step parameter by parameter in double precision, with task gradients computed anew, and compares loss
 * and gradient with the penalty that comes of it.
 */
function createSlowSI(options: SynapticIntelligenceOptions, excluded: (parameter: number) => boolean, checks: Checks) {
  const { compatibility = "paper", lambda } = options;
  const { eps = compatibility === "paper" ? 1e-3 : 1e-7 } = options;
  const isAvalanche = compatibility === "avalanche";
  let start: number[] = [];
  let before: number[] = [];
  let g: number[] = [];
  let omega: number[] = [];
  let cumulative: number[] = [];
  let importances: number[] = [];
  let anchor: number[] = [];
  return createListener(
    ["beforeTrainingExp", "afterBackward", "afterUpdate", "afterTrainingExp"],
    async (callback, strategy) => {
      const parameters = Array.from(strategy.parameters);
      const list = typeof lambda === "number" ? [lambda] : lambda;
      const weight = (list[strategy.clock.trainExpCounter] ?? list.at(-1) ?? 0) / (isAvalanche ? 2 : 1);
      switch (callback) {
        case "beforeTrainingExp":
          [start, omega] = [parameters, parameters.map(() => 0)];
          break;
        case "afterBackward": {
          const task = Array.from(await strategy.gradientOn(strategy.mbatch));
          const away = parameters.map((theta, i) => theta - (anchor[i] ?? 0));
          const penalty = away.reduce((sum, d, i) => sum + weight * (importances[i] ?? 0) * d * d, 0);
          const pull = away.map((d, i) => 2 * weight * (importances[i] ?? 0) * d);
          const { loss } = new CrossEntropyLoss().evaluate(strategy.mbOutput, strategy.mbY);
          expect(Math.abs(strategy.loss - loss - penalty)).toBeLessThan(1e-4 * Math.max(1, penalty));
          const wanted = task.map((value, i) => value + (pull[i] ?? 0));
          expect(measureDifference(strategy.gradient, wanted)).toBeLessThan(1e-4);
          g = isAvalanche ? wanted : task;
          before = parameters;
          checks.steps += 1;
          checks.largestPenalty = Math.max(checks.largestPenalty, penalty);
          break;
        }
        case "afterUpdate":
          omega = omega.map((w, i) => w - (g[i] ?? 0) * ((parameters[i] ?? 0) - (before[i] ?? 0)));
          break;
        default: {
          cumulative = omega.map((w, i) => {
            const distance = (parameters[i] ?? 0) - (start[i] ?? 0);
            return excluded(i) ? 0 : (cumulative[i] ?? 0) + w / (distance ** 2 + eps);
          });
          importances = cumulative.map((value) => (isAvalanche ? Math.min(value, 0.001) : Math.max(value, 0)));
          anchor = parameters;
        }
      }
    },
  );
}

describe("SynapticIntelligencePlugin", () => {
  for (const [name, options] of [
    ["the paper's mathematics", { lambda: 0.5 }],
    ["a lambda for each experience", { lambda: [0, 0.5, 2], eps: 0.1 }],
    ["Avalanche's mathematics", { lambda: 50, eps: 0.01, compatibility: "avalanche" }],
    ["a layer left free", { lambda: 0.5, eps: 0.1, excludedParameters: ["classifier", "fc0/bias"] }],
  ] as const) {
    test(`adds the penalty and the gradient of the slow version, with ${name}`, async () => {
      const checks = { steps: 0, largestPenalty: 0 };
      // The model is 6-8-4: the first kernel, its bias, then the classifier.
      const isFree = (i: number) => "excludedParameters" in options && i >= 48;
      const slow = createSlowSI(options, isFree, checks);
      const strategy = new SynapticIntelligence({
        ...makeOptions({ trainEpochs: 3, plugins: [slow], optimizer: new Adam({ learningRate: 0.02 }) }),
        ...options,
      });
      await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
      expect(checks.steps).toBe(4 * 3 * 3);
      expect(checks.largestPenalty).toBeGreaterThan(0.01);
    });
  }

  test("limitImportances() cuts off what is below 0, or, as Avalanche does, what is above 0.001", () => {
    const cumulative = Float32Array.of(-3, -0.5, 0, 0.0005, 2);
    expect(limitImportances(cumulative, "paper")).toEqual(Float32Array.of(0, 0, 0, 0.0005, 2));
    expect(limitImportances(cumulative, "avalanche")).toEqual(Float32Array.of(-3, -0.5, 0, 0.0005, 0.001));
  });

  test("counts no other plugin's penalty as part of the task", async () => {
    const other = createQuadraticPenalty(92);
    other.a.fill(0.1);
    const adding = createListener(["beforeTrainingExp"], (_, strategy) => strategy.addPenalty(other));
    const checks: Checks = { steps: 0, largestPenalty: 0 };
    const contributions: Float32Array[] = [];
    const plugin = new SynapticIntelligencePlugin({ lambda: 0 });
    const watching = createListener(["afterTrainingIteration"], () => {
      const saved = plugin.state.save();
      if (typeof saved !== "object" || saved === null || !("path" in saved)) return;
      const { path } = saved;
      if (typeof path !== "object" || path === null || !("contributions" in path)) return;
      const { contributions: omega } = path;
      if (omega instanceof Float32Array) contributions.push(omega);
    });
    let omega: number[] = [];
    let before: number[] = [];
    let g: number[] = [];
    const slow = createListener(["afterBackward", "afterUpdate"], async (callback, strategy) => {
      if (callback === "afterBackward") {
        [before, g] = [Array.from(strategy.parameters), Array.from(await strategy.gradientOn(strategy.mbatch))];
        checks.largestPenalty = Math.max(checks.largestPenalty, measureDifference(strategy.gradient, g));
        return;
      }
      const moves = Array.from(strategy.parameters, (theta, i) => theta - (before[i] ?? 0));
      omega = moves.map((move, i) => (omega[i] ?? 0) - (g[i] ?? 0) * move);
    });
    const strategy = new Naive(makeOptions({ plugins: [adding, slow, plugin, watching] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream.at(0)));
    expect(measureDifference(contributions.at(-1) ?? [], omega)).toBeLessThan(1e-6);
    expect(checks.largestPenalty).toBeGreaterThan(0.05);
  });

  test("leaves the step fused, and the first experience as it is", async () => {
    const strategy = new SynapticIntelligence({ ...makeOptions(), lambda: 5 });
    const first = { ...benchmark, trainStream: benchmark.trainStream.slice(0, 1) };
    expect(await trainParameters(strategy, first)).toEqual(await trainParameters(new Naive(makeOptions()), first));
    expect(strategy.plan).toEqual({ fused: true, updateWithReduction: true, reasons: [] });
  });

  test("SynapticIntelligencePlugin() refuses options out of range; train() refuses names that fit no parameter", async () => {
    expect(() => new SynapticIntelligencePlugin({ lambda: -1 })).toThrow("lambda must be at least 0, got -1");
    expect(() => new SynapticIntelligencePlugin({ lambda: [1, Number.NaN] })).toThrow(
      "SynapticIntelligencePlugin: lambda[1] must be a number, got NaN",
    );
    expect(() => new SynapticIntelligencePlugin({ lambda: [] })).toThrow(
      "SynapticIntelligencePlugin: lambda must be an array of at least one element, got []",
    );
    expect(() => new SynapticIntelligencePlugin({ lambda: 1, eps: 0 })).toThrow(
      "SynapticIntelligencePlugin: eps must be above 0, got 0",
    );
    const unknown = { lambda: 1, compatibility: "avalance" };
    expect(() => Reflect.construct(SynapticIntelligencePlugin, [unknown])).toThrow(
      'SynapticIntelligencePlugin: compatibility must be "paper" or "avalanche", got "avalance"',
    );
    const misnamed = { ...makeOptions(), lambda: 1, excludedParameters: ["fc0/kernels"] };
    const training = trainParameters(new SynapticIntelligence(misnamed), benchmark);
    await expect(training).rejects.toThrow('unknown parameter "fc0/kernels", did you mean fc0/kernel');
  });
});
