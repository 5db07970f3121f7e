import { describe, expect, test } from "bun:test";
import { RandomStreams } from "../../../src/core/random_stream.ts";
import { relabelTasks } from "../../../src/data/transforms/relabel_tasks.ts";
import { OutputReservoir, type RememberedOutputs } from "../../../src/memory/buffers/output_reservoir.ts";
import { DER, DERPlugin } from "../../../src/methods/der/der_plugin.ts";
import type { DEROptions } from "../../../src/methods/der/options.ts";
import { createOutputMatching } from "../../../src/methods/der/output_matching.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { createStream } from "../../../src/streams/stream.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

/**
 * Trains with a plugin whose memory holds all, and calls `check` with the gradients before and after it at every step.
 */
async function watchSteps(
  options: DEROptions,
  check: (
    strategy: Naive,
    step: { readonly before: Float32Array; readonly loss: number; readonly iteration: number },
  ) => Promise<void>,
): Promise<Naive> {
  let before = new Float32Array(0);
  let loss = 0;
  const first = createListener(["afterBackward"], (_, strategy) => {
    before = strategy.gradient.slice();
    loss = strategy.loss;
  });
  const last = createListener(["afterBackward"], (_, strategy) =>
    check(strategy, { before, loss, iteration: strategy.clock.trainIterations }),
  );
  const strategy = new Naive(makeOptions({ plugins: [first, new DERPlugin(options), last] }));
  await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
  return strategy;
}

describe("DERPlugin", () => {
  for (const beta of [0, 0.7]) {
    test(`holds outputs to those of the step in which a sample was seen, with beta ${beta}`, async () => {
      // All that was offered is held and drawn: the test keeps it, too.
      const offered: RememberedOutputs[] = [];
      const strategy = await watchSteps(
        { memSize: 500, batchSizeMem: 500, alpha: 0.3, beta },
        async (strategy, step) => {
          const { mbatch, mbOutput, gradient } = strategy;
          const wanted = step.before.slice();
          let loss = step.loss;
          const total = offered.reduce((sum, { samples }) => sum + samples.length, 0);
          for (const { samples, outputs } of offered) {
            const share = samples.length / total;
            const held = await strategy.lossAndGradientOn(samples, { criterion: createOutputMatching(outputs, 4) });
            loss += 0.3 * share * held.loss;
            for (const [i, g] of held.gradient.entries()) wanted[i] = (wanted[i] ?? 0) + 0.3 * share * g;
            const replayed = await strategy.lossAndGradientOn(samples);
            loss += beta * share * replayed.loss;
            for (const [i, g] of replayed.gradient.entries()) wanted[i] = (wanted[i] ?? 0) + beta * share * g;
          }
          expect(measureDifference(gradient, wanted)).toBeLessThan(1e-5);
          expect(Math.abs(strategy.loss - loss)).toBeLessThan(1e-5);
          offered.push({ samples: mbatch, outputs: mbOutput });
        },
      );
      expect(offered.length).toBe(8);
      expect(strategy.plan.fused).toBe(true);
    });
  }

  test("leaves out units that did not count when a sample was remembered, when their class was seen in another task", async () => {
    const all = makeTask({ samples: 96 });
    const take = (ids: readonly number[], task: number) => {
      const positions = [...all.targets.keys()].filter((position) => ids.includes(all.targets[position] ?? -1));
      return { dataset: relabelTasks(all.subset(positions), task) };
    };
    // Task 0 learns classes 2 and 3 after task 1 has.
    const stream = createStream("train", [take([2, 3], 1), take([0, 1], 0), take([2, 3], 0)]);
    let largest = 0;
    const listener = createListener(["afterUpdate"], (_, { loss }) => {
      largest = Math.max(largest, loss);
    });
    const model = mlp({ ...SMALL_MLP, multiHead: true });
    const strategy = new DER({ ...makeOptions({ model, plugins: [listener] }), memSize: 96, alpha: 1 });
    await withStrategy(strategy, () => strategy.train(stream));
    expect(largest).toBeLessThan(50);
  });

  test("draws twice: once for outputs, once for labels", async () => {
    const random = new RandomStreams(0).get("der");
    const shadow = new OutputReservoir(20);
    let compared = 0;
    await watchSteps({ memSize: 20, batchSizeMem: 6, alpha: 1, beta: 1 }, async (strategy, { before }) => {
      const { mbatch: samples, mbOutput: outputs, gradient } = strategy;
      if (shadow.length > 0) {
        const [held, replayed] = [shadow.draw(6, random), shadow.draw(6, random)];
        const criterion = createOutputMatching(held.outputs, 4);
        const wanted = before.slice();
        for (const [i, g] of (await strategy.gradientOn(held.samples, { criterion })).entries())
          wanted[i] = (wanted[i] ?? 0) + g;
        for (const [i, g] of (await strategy.gradientOn(replayed.samples)).entries()) wanted[i] = (wanted[i] ?? 0) + g;
        expect(measureDifference(gradient, wanted)).toBeLessThan(1e-5);
        compared += 1;
      }
      shadow.offer({ samples, outputs }, random);
    });
    expect(compared).toBe(7);
  });

  test("with compatibility avalanche starts with the second experience, with the outputs of the first's end", async () => {
    const changed: boolean[] = [];
    const options = { memSize: 8, batchSizeMem: 8, compatibility: "avalanche" } as const;
    await watchSteps(options, async ({ gradient }, { before }) => {
      changed.push(measureDifference(gradient, before) > 0);
    });
    expect(changed).toEqual([false, false, true, true, true, true, true, true]);
    const never: boolean[] = [];
    await watchSteps({ ...options, batchSizeMem: 9 }, async ({ gradient }, { before }) => {
      never.push(measureDifference(gradient, before) > 0);
    });
    expect(never).not.toContain(true);
  });

  test("DERPlugin() refuses options out of range", () => {
    expect(() => new DERPlugin({ memSize: 0 })).toThrow("DERPlugin: memSize must be at least 1, got 0");
    expect(() => new DERPlugin({ batchSizeMem: 0 })).toThrow("batchSizeMem");
    expect(() => new DERPlugin({ alpha: -1 })).toThrow("DERPlugin: alpha must be at least 0, got -1");
    expect(() => new DERPlugin({ beta: Number.NaN })).toThrow("DERPlugin: beta must be a number, got NaN");
    expect(() => Reflect.construct(DERPlugin, [{ compatibility: "papers" }])).toThrow(
      'DERPlugin: compatibility must be "paper" or "avalanche", got "papers"',
    );
  });
});

describe("DER", () => {
  test("is Naive with a DERPlugin after the other plugins", async () => {
    const own = { memSize: 20, batchSizeMem: 5, alpha: 0.5 };
    const made = await trainParameters(new DER({ ...makeOptions(), ...own }), benchmark);
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins: [new DERPlugin(own)] })), benchmark));
  });
});
