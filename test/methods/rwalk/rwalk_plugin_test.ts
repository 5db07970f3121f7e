import { describe, expect, test } from "bun:test";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { RWalkOptions } from "../../../src/methods/rwalk/options.ts";
import { combineImportances, RWalk, RWalkPlugin } from "../../../src/methods/rwalk/rwalk_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import type { Benchmark } from "../../../src/streams/experience.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 160 });

/** Follows the walk in double precision, with task gradients computed anew, and compares what comes of it. */
function createSlowWalk({ lambda = 0.1, alpha = 0.9, deltaT = 10 }: RWalkOptions, checks: { largest: number }) {
  let fisher: number[] = [];
  let drop: number[] = [];
  let scores: number[] = [];
  let oldScores: number[] | undefined;
  let importances: number[] = [];
  let anchor: number[] = [];
  let checkpoint: number[] = [];
  let before: number[] = [];
  let g: number[] = [];
  let steps = 0;
  const score = (parameters: readonly number[]) => {
    scores = scores.map((s, i) => {
      const move = (parameters[i] ?? 0) - (checkpoint[i] ?? 0);
      return s + (drop[i] ?? 0) / (0.5 * (fisher[i] ?? 0) * move ** 2 + 2 ** -23);
    });
    drop = drop.map(() => 0);
    checkpoint = [...parameters];
  };
  return createListener(
    ["beforeTrainingExp", "afterBackward", "afterUpdate", "afterTrainingExp"],
    async (callback, strategy) => {
      const parameters = Array.from(strategy.parameters);
      const zeros = parameters.map(() => 0);
      if (callback === "beforeTrainingExp") {
        [checkpoint, drop, scores, steps] = [parameters, zeros, zeros, 0];
      } else if (callback === "afterBackward") {
        g = Array.from(await strategy.gradientOn(strategy.mbatch));
        before = parameters;
        const away = parameters.map((theta, i) => theta - (anchor[i] ?? 0));
        const penalty = away.reduce((sum, d, i) => sum + lambda * (importances[i] ?? 0) * d * d, 0);
        const { loss } = new CrossEntropyLoss().evaluate(strategy.mbOutput, strategy.mbY);
        expect(Math.abs(strategy.loss - loss - penalty)).toBeLessThan(1e-3 * Math.max(1, penalty));
        const wanted = g.map((value, i) => value + 2 * lambda * (importances[i] ?? 0) * (away[i] ?? 0));
        expect(measureDifference(strategy.gradient, wanted)).toBeLessThan(1e-3);
        checks.largest = Math.max(checks.largest, penalty);
      } else if (callback === "afterUpdate") {
        const squares = g.map((value) => value ** 2);
        fisher =
          fisher.length === 0 ? squares : squares.map((square, i) => alpha * square + (1 - alpha) * (fisher[i] ?? 0));
        drop = drop.map((d, i) => d - (g[i] ?? 0) * ((parameters[i] ?? 0) - (before[i] ?? 0)));
        steps += 1;
        if (steps % deltaT === 0) score(parameters);
      } else {
        if (steps % deltaT !== 0) score(parameters);
        scores = scores.map((s, i) => (oldScores ? ((oldScores[i] ?? 0) + s) / 2 : s));
        oldScores = scores;
        const [largestF, largestS] = [Math.max(...fisher), Math.max(...scores)];
        importances = fisher.map((f, i) => f / largestF + Math.max(0, scores[i] ?? 0) / largestS);
        anchor = parameters;
      }
    },
  );
}

/** F [P] as the plugin would save it. */
function readFisher(plugin: RWalkPlugin): Float32Array {
  return (plugin.state.save() as { walk: { fisher: Float32Array } }).walk.fisher;
}

describe("RWalkPlugin", () => {
  for (const [name, options] of [
    ["the defaults", {}],
    ["a short walk and a long memory", { lambda: 0.5, alpha: 0.2, deltaT: 2 }],
    ["a walk that is longer than an experience", { lambda: 0.3, deltaT: 100 }],
  ] as const) {
    test(`adds the penalty and the gradient of the slow version, with ${name}`, async () => {
      const checks = { largest: 0 };
      const plugins = [createSlowWalk(options, checks)];
      const strategy = new RWalk({ ...makeOptions({ trainEpochs: 4, plugins }), ...options });
      await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
      expect(checks.largest).toBeGreaterThan(0.005);
    });
  }

  test("begins its Fisher average at the first squared gradient, for a head's new units too", async () => {
    const plugin = new RWalkPlugin({ alpha: 0.25 });
    let [known, g] = [[] as number[], [] as number[]];
    let grown = 0;
    const listener = createListener(["afterBackward", "afterUpdate"], async (callback, strategy) => {
      if (strategy.clock.trainExpIterations > 0) return;
      if (callback === "afterBackward") {
        g = Array.from(await strategy.gradientOn(strategy.mbatch));
        return;
      }
      const wanted = g.map((value, i) => {
        const before = known[i] ?? -1;
        return before < 0 ? value ** 2 : 0.25 * value ** 2 + 0.75 * before;
      });
      expect(
        measureDifference(
          readFisher(plugin).map((f) => Math.max(0, f)),
          wanted,
        ),
      ).toBeLessThan(1e-7);
      grown += known.filter((before, i) => before < 0 && g[i] !== 0).length;
    });
    const growing: StrategyPlugin = {
      name: "growing",
      afterModelGrowth: ({ parameters }, growth) => {
        if (known.length > 0)
          known = [
            ...growth.remap(
              readFisher(plugin),
              parameters.map(() => -1),
            ),
          ];
      },
    };
    const learning = createListener(["afterTrainingExp"], () => {
      known = [...readFisher(plugin)];
    });
    const model = mlp({ ...SMALL_MLP, incremental: true, initialUnits: 1 });
    const strategy = new Naive(makeOptions({ model, plugins: [growing, plugin, listener, learning] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(grown).toBeGreaterThan(15);
  });

  test("trains the same where an evaluation has widened the head before", async () => {
    const run = (evalStreams: readonly Benchmark["testStream"][]) => {
      const model = mlp({ ...SMALL_MLP, incremental: true, initialUnits: 1 });
      const strategy = new RWalk({ ...makeOptions({ model, trainEpochs: 2, evalEvery: 1 }), alpha: 0.25, lambda: 2 });
      return withStrategy(strategy, async () => {
        for (const experience of benchmark.trainStream) await strategy.train(experience, { evalStreams });
        return strategy.parameters.slice();
      });
    };
    expect(await run([benchmark.testStream])).toEqual(await run([]));
  });

  test("leaves the step fused, and the first experience as it is", async () => {
    const strategy = new RWalk({ ...makeOptions(), lambda: 5 });
    const first = { ...benchmark, trainStream: benchmark.trainStream.slice(0, 1) };
    expect(await trainParameters(strategy, first)).toEqual(await trainParameters(new Naive(makeOptions()), first));
    expect(strategy.plan).toEqual({ fused: true, updateWithReduction: true, reasons: [] });
  });

  test("combineImportances() brings both parts to at most 1, and leaves out scores below 0", () => {
    const combined = combineImportances(Float32Array.of(2, 1, 0, 4), Float32Array.of(-5, 3, 6, 0));
    expect(measureDifference(combined, [0.5, 0.75, 1, 1])).toBeLessThan(1e-6);
    expect([...combineImportances(new Float32Array(2), Float32Array.of(-1, 0))]).toEqual([0, 0]);
  });

  test("RWalkPlugin() refuses options out of range", () => {
    expect(() => new RWalkPlugin({ lambda: -1 })).toThrow("RWalkPlugin: lambda must be at least 0, got -1");
    expect(() => new RWalkPlugin({ alpha: 2 })).toThrow("RWalkPlugin: alpha must be from 0 to 1, got 2");
    expect(() => new RWalkPlugin({ deltaT: 0 })).toThrow("RWalkPlugin: deltaT must be at least 1, got 0");
  });
});
