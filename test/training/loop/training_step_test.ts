import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { createQuadraticPenalty, type QuadraticPenalty } from "../../../src/cluster/penalty.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { CallbackName } from "../../../src/training/loop/callbacks.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import type { Criterion } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import type { LossTerm } from "../../../src/training/losses/loss_terms.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

const { trainStream } = makeBenchmark();

/** Trains and gives the parameters, and the loss of every iteration. */
async function trainAndNote(
  options: Partial<StrategyOptions>,
): Promise<{ parameters: Float32Array; losses: number[] }> {
  const losses: number[] = [];
  const noting = createListener(["afterTrainingIteration"], (_, { loss }) => void losses.push(loss));
  const strategy = new Naive(
    makeOptions({ trainEpochs: 2, ...options, plugins: [...(options.plugins ?? []), noting] }),
  );
  return withStrategy(strategy, async () => {
    await strategy.train(trainStream);
    return { parameters: strategy.parameters.slice(), losses };
  });
}

/** 0.1 · mean(z²). */
const activityTerm: LossTerm = (output) => output.square().mean().mul(0.1).asScalar();

/** Cross-entropy and the activity term in one, by hand. */
const withActivity: Criterion = {
  evaluate(output, y) {
    const { loss, dOutput } = new CrossEntropyLoss().evaluate(output, y);
    const scale = 0.1 / output.data.length;
    return {
      loss: output.data.reduce((sum, z) => sum + scale * z * z, loss),
      dOutput: dOutput.map((gradient, i) => gradient + 2 * scale * (output.data[i] ?? 0)),
    };
  },
};

function addTermAt(callback: CallbackName, term: LossTerm = activityTerm): StrategyPlugin {
  return createListener([callback], (_, strategy) => strategy.addLossTerm(term));
}

describe("addLossTerm()", () => {
  for (const callback of ["beforeTrainingIteration", "beforeForward", "afterForward", "beforeBackward"] as const) {
    test(`adds value and gradient, called in ${callback}`, async () => {
      const wanted = await trainAndNote({ criterion: withActivity });
      const made = await trainAndNote({ plugins: [addTermAt(callback)] });
      expect(measureDifference(made.losses, wanted.losses)).toBeLessThan(1e-5);
      expect(measureDifference(made.parameters, wanted.parameters)).toBeLessThan(1e-5);
    });
  }

  test("takes a value with its gradient as well, worked out by the plugin", async () => {
    const wanted = await trainAndNote({ criterion: withActivity });
    const adding = createListener(["beforeBackward"], (_, strategy) => {
      const { data } = strategy.mbOutput;
      const scale = 0.1 / data.length;
      strategy.addLossTerm({
        loss: data.reduce((sum, z) => sum + scale * z * z, 0),
        dOutput: data.map((z) => 2 * scale * z),
      });
    });
    const made = await trainAndNote({ plugins: [adding] });
    expect(measureDifference(made.losses, wanted.losses)).toBeLessThan(1e-5);
    expect(measureDifference(made.parameters, wanted.parameters)).toBeLessThan(1e-5);
  });

  test("adds up, with several terms of several plugins", async () => {
    const half: LossTerm = (output) => output.square().mean().mul(0.05).asScalar();
    const wanted = await trainAndNote({ criterion: withActivity });
    const plugins = [addTermAt("beforeForward", half), addTermAt("beforeBackward", half)];
    const made = await trainAndNote({ plugins });
    expect(measureDifference(made.parameters, wanted.parameters)).toBeLessThan(1e-5);
  });

  test("holds for one iteration: the others stay fused, and the numbers the same", async () => {
    const everySecond = createListener(["beforeForward"], (_, strategy) => {
      if (strategy.clock.trainIterations % 2 === 0) strategy.addLossTerm(activityTerm);
    });
    const splitting = createListener(["afterForward"], () => {});
    const fused = await trainAndNote({ plugins: [everySecond] });
    const split = await trainAndNote({ plugins: [everySecond, splitting] });
    const never = await trainAndNote({});
    expect(measureDifference(fused.parameters, split.parameters)).toBeLessThan(1e-5);
    expect(measureDifference(fused.parameters, never.parameters)).toBeGreaterThan(1e-4);
  });

  test("is refused once the loss has its gradient, fused or split", async () => {
    for (const callback of ["afterBackward", "beforeUpdate", "afterUpdate", "afterTrainingIteration"] as const) {
      for (const others of [[], [createListener(["afterForward"], () => {})]]) {
        await expect(trainAndNote({ plugins: [...others, addTermAt(callback)] })).rejects.toThrow(
          "addLossTerm() must be called before the backward pass",
        );
      }
    }
  });

  test("is refused outside an iteration, where it would be lost", async () => {
    for (const callback of ["beforeTraining", "beforeTrainingEpoch", "afterTrainingEpoch"] as const) {
      await expect(trainAndNote({ plugins: [addTermAt(callback)] })).rejects.toThrow(
        "addLossTerm() must be called inside a training iteration",
      );
    }
  });

  test("leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const strategy = new Naive(makeOptions({ plugins: [addTermAt("beforeForward")] }));
    await withStrategy(strategy, () => strategy.train(trainStream));
    strategy.model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

/** A penalty 3 · (Σ aθ² − 2bθ + c) with different a and b for every parameter. */
function createPenalty(length: number): QuadraticPenalty {
  const penalty = createQuadraticPenalty(length);
  for (let i = 0; i < length; i++) {
    penalty.a[i] = (i % 5) / 64;
    penalty.b[i] = ((i % 3) - 1) / 32;
  }
  return Object.assign(penalty, { c: 0.75, scale: 3 });
}

function sumSlowly({ a, b, c, scale }: QuadraticPenalty, parameters: Float32Array): number {
  return scale * parameters.reduce((sum, theta, i) => sum + (a[i] ?? 0) * theta ** 2 - 2 * (b[i] ?? 0) * theta, c);
}

function differentiatePenalty({ a, b, scale }: QuadraticPenalty, parameters: Float32Array): Float32Array {
  return parameters.map((theta, i) => 2 * scale * ((a[i] ?? 0) * theta - (b[i] ?? 0)));
}

describe("scaleCriterion()", () => {
  /** Sample i of a minibatch counts i + 1 times. */
  const weigh = createListener(["beforeTrainingIteration"], (_, strategy) => {
    strategy.scaleCriterion(Float32Array.from({ length: strategy.mbatch.length }, (_, i) => i + 1));
  });
  const byHand: Criterion = {
    evaluate(output, y) {
      const { losses = new Float64Array(), dOutput } = new CrossEntropyLoss().evaluate(output, y);
      const width = dOutput.length / y.length;
      return {
        loss: losses.reduce((sum, loss, i) => sum + loss * (i + 1), 0) / y.length,
        dOutput: dOutput.map((gradient, i) => gradient * (Math.floor(i / width) + 1)),
      };
    },
  };
  const split: Criterion = { evaluate: (output, y) => new CrossEntropyLoss().evaluate(output, y) };

  for (const [name, criterion] of [["fused", new CrossEntropyLoss()] as const, ["split", split] as const]) {
    test(`weighs each sample's part, in a ${name} step`, async () => {
      const options = { optimizer: new SGD({ learningRate: 0.01 }) };
      const wanted = await trainAndNote({ ...options, criterion: byHand });
      const made = await trainAndNote({ ...options, criterion, plugins: [weigh] });
      expect(measureDifference(made.losses, wanted.losses)).toBeLessThan(1e-4);
      expect(measureDifference(made.parameters, wanted.parameters)).toBeLessThan(1e-5);
    });
  }

  test("multiplies weights that several plugins give", async () => {
    const once = createListener(["beforeTrainingIteration"], (_, strategy) => {
      strategy.scaleCriterion(Float32Array.from({ length: strategy.mbatch.length }, (_, i) => 3 * (i + 1) ** 2));
    });
    const thrice = createListener(["beforeTrainingIteration"], (_, strategy) => strategy.scaleCriterion(3));
    const wanted = await trainAndNote({ plugins: [once], optimizer: new SGD({ learningRate: 1e-4 }) });
    const made = await trainAndNote({ plugins: [weigh, thrice, weigh], optimizer: new SGD({ learningRate: 1e-4 }) });
    expect(measureDifference(made.losses, wanted.losses) / (wanted.losses[0] ?? 0)).toBeLessThan(1e-5);
  });
});

describe("addPenalty()", () => {
  for (const [plan, plugins] of [
    ["fused", []],
    ["split", [createListener(["afterForward"], () => {})]],
  ] as const) {
    test(`enters the loss and the gradient of every step until it is removed, where the step is ${plan}`, async () => {
      let penalty: QuadraticPenalty | undefined;
      let checks = 0;
      const checking = createListener(["beforeTrainingIteration", "afterBackward"], async (callback, strategy) => {
        const iteration = strategy.clock.trainIterations;
        if (callback === "beforeTrainingIteration") {
          if (iteration === 1) {
            penalty = createPenalty(strategy.parameters.length);
            strategy.addPenalty(penalty);
          }
          if (iteration === 3 && penalty) strategy.removePenalty(penalty);
          return;
        }
        const isHeld = penalty !== undefined && iteration < 3;
        const { loss } = new CrossEntropyLoss().evaluate(strategy.mbOutput, strategy.mbY);
        const added = isHeld && penalty ? sumSlowly(penalty, strategy.parameters) : 0;
        expect(Math.abs(strategy.loss - loss - added)).toBeLessThan(1e-5);
        const pull =
          isHeld && penalty ? differentiatePenalty(penalty, strategy.parameters) : strategy.parameters.map(() => 0);
        const plain = await strategy.gradientOn(strategy.mbatch);
        expect(
          measureDifference(
            strategy.gradient,
            plain.map((g, i) => g + (pull[i] ?? 0)),
          ),
        ).toBeLessThan(1e-6);
        checks += 1;
      });
      await trainAndNote({ plugins: [...plugins, checking] });
      expect(checks).toBe(8);
    });
  }

  test("pulls the parameters towards its anchor", async () => {
    const optimizer = new SGD({ learningRate: 0.05 });
    const anchoring = createListener(["beforeTrainingExp"], (_, strategy) => {
      const penalty = createQuadraticPenalty(strategy.parameters.length);
      penalty.a.fill(8);
      penalty.b.fill(8 * 0.25);
      strategy.addPenalty(penalty);
    });
    const { parameters } = await trainAndNote({ optimizer, plugins: [anchoring], trainEpochs: 20 });
    expect(
      measureDifference(
        parameters,
        parameters.map(() => 0.25),
      ),
    ).toBeLessThan(0.1);
  });
});

describe("strategy.gradient", () => {
  const LEARNING_RATE = 0.5;

  for (const callback of ["afterBackward", "beforeUpdate"] as const) {
    for (const [plan, others] of [
      ["fused", []],
      ["split", [createListener(["afterForward"], () => {})]],
    ] as const) {
      test(`edited in ${callback} is what the optimizer follows, where the step is ${plan}`, async () => {
        let before = new Float32Array();
        const editing = createListener([callback, "afterUpdate"], (name, strategy) => {
          if (name === "afterUpdate") {
            expect(strategy.parameters.slice()).toEqual(before.map((theta) => theta - LEARNING_RATE));
            return;
          }
          before = strategy.parameters.slice();
          strategy.gradient.fill(1);
        });
        await trainAndNote({ optimizer: new SGD({ learningRate: LEARNING_RATE }), plugins: [...others, editing] });
        expect(before.length).toBeGreaterThan(0);
      });

      test(`zeroed in ${callback} freezes the parameters under plain SGD, where the step is ${plan}`, async () => {
        const zeroing = createListener([callback], (_, { gradient }) => void gradient.fill(0));
        let before = new Float32Array();
        const noting = createListener(["beforeTraining"], (_, strategy) => {
          before = strategy.parameters.slice();
        });
        const { parameters } = await trainAndNote({ plugins: [...others, noting, zeroing] });
        expect(parameters).toEqual(before);
      });
    }
  }

  test("is the mean gradient of the minibatch: its central differences", async () => {
    let checks = 0;
    const checking = createListener(["afterBackward"], async (_, strategy) => {
      if (strategy.clock.trainIterations > 0) return;
      checks = await compareWithDifferences(strategy);
    });
    // Without the kinks of ReLU, so that differences are smooth.
    await trainAndNote({ model: mlp({ ...SMALL_MLP, activation: "tanh" }), plugins: [checking] });
    expect(checks).toBeGreaterThan(5);
  });
});

/** Compares every ninth element with (L(θ + h) − L(θ − h)) / 2h; gives how many. */
async function compareWithDifferences(strategy: BaseStrategy): Promise<number> {
  const criterion = new CrossEntropyLoss();
  const lossAt = async (parameters: Float32Array) => {
    const output = await strategy.forwardWith(parameters, strategy.mbatch);
    return criterion.evaluate(output, strategy.mbY).loss;
  };
  let compared = 0;
  for (let i = 0; i < strategy.parameters.length; i += 9, compared++) {
    const nudge = (by: number) => strategy.parameters.map((theta, j) => (j === i ? theta + by : theta));
    const difference = ((await lossAt(nudge(1e-2))) - (await lossAt(nudge(-1e-2)))) / 2e-2;
    expect(Math.abs((strategy.gradient[i] ?? Number.NaN) - difference)).toBeLessThan(1e-4);
  }
  return compared;
}
