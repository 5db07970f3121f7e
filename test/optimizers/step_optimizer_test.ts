import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VectorKernels } from "../../src/kernels/vector_kernels.ts";
import { Adagrad } from "../../src/optimizers/adagrad.ts";
import { Adam, AdamW } from "../../src/optimizers/adam.ts";
import type { Optimizer } from "../../src/optimizers/optimizer.ts";
import { RMSprop } from "../../src/optimizers/rmsprop.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { countStateVectors, stepOptimizer } from "../../src/optimizers/step_optimizer.ts";
import { createVectors, optimizerRuns, runOptimizer } from "./optimizer_runs.ts";

/**
 * Parameters after five steps of PyTorch 1.13.1 (Debian's python3-torch) in double precision, printed with %.9g: θ
 * starts at [0.5, −1.25, 2], and the gradient of step t = 1 … 5 is [0.5·t − 1.25, 1/t, (−1)^t · 0.75].
 */
const PYTORCH_FIGURES: readonly (readonly [name: string, optimizer: Optimizer, parameters: readonly number[]])[] = [
  ["SGD(lr=0.1)", new SGD({ learningRate: 0.1 }), [0.375, -1.47833333, 2.075]],
  ["SGD(lr=0.1, momentum=0.9)", new SGD({ learningRate: 0.1, momentum: 0.9 }), [0.5578575, -1.98929333, 2.1849575]],
  [
    "SGD(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.02)",
    new SGD({ learningRate: 0.1, momentum: 0.9, dampening: 0.3, weightDecay: 0.02 }),
    [0.620392985, -1.86138712, 2.17869934],
  ],
  [
    "SGD(lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.02)",
    new SGD({ learningRate: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.02 }),
    [0.360943021, -1.93939808, 2.13913619],
  ],
  ["Adam()", new Adam(), [0.501729872, -1.25440146, 2.00143495]],
  [
    "Adam(lr=0.05, betas=(0.8, 0.95), eps=0.001, weight_decay=0.1)",
    new Adam({ learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 0.001, weightDecay: 0.1 }),
    [0.554424715, -1.447126, 2.01472967],
  ],
  ["AdamW()", new AdamW(), [0.501704799, -1.25433887, 2.0013349]],
  [
    "AdamW(lr=0.05, betas=(0.8, 0.95), weight_decay=0.2)",
    new AdamW({ learningRate: 0.05, beta1: 0.8, beta2: 0.95, weightDecay: 0.2 }),
    [0.540625841, -1.39853011, 1.96696089],
  ],
  ["RMSprop()", new RMSprop(), [0.458817942, -1.46175164, 2.08193087]],
  [
    "RMSprop(lr=0.05, alpha=0.9, eps=0.001, momentum=0.6, weight_decay=0.1, centered=True)",
    new RMSprop({
      learningRate: 0.05,
      alpha: 0.9,
      epsilon: 0.001,
      momentum: 0.6,
      weightDecay: 0.1,
      centered: true,
    }),
    [0.511779972, -1.87991763, 2.1073632],
  ],
  ["Adagrad()", new Adagrad(), [0.4959854, -1.27107774, 2.00817457]],
  [
    "Adagrad(lr=0.3, lr_decay=0.1, weight_decay=0.05)",
    new Adagrad({ learningRate: 0.3, learningRateDecay: 0.1, weightDecay: 0.05 }),
    [0.46349184, -1.77881615, 2.16351491],
  ],
];

const figureRun = {
  start: [0.5, -1.25, 2],
  gradients: [1, 2, 3, 4, 5].map((t) => [0.5 * t - 1.25, 1 / t, (-1) ** t * 0.75]),
};

const kernels = new VectorKernels();

describe("stepOptimizer()", () => {
  for (const [name, optimizer, parameters] of PYTORCH_FIGURES) {
    test(`gives PyTorch's parameters for ${name}`, () => {
      const result = runOptimizer(optimizer, figureRun).parameters;
      for (const [i, wanted] of parameters.entries()) {
        expect(Math.abs((result[i] ?? Number.NaN) - wanted)).toBeLessThan(1e-6);
      }
    });
  }

  test("gives the same bits slice by slice as over the whole, for every optimizer", () => {
    const choices = fc.constantFrom(...PYTORCH_FIGURES.map(([, optimizer]) => optimizer));
    const cuts = fc.array(fc.nat(5), { maxLength: 3 }).map((values) => values.sort((a, b) => a - b));
    fc.assert(
      fc.property(choices, optimizerRuns, cuts, (optimizer, run, chosenCuts) => {
        expect(runOptimizer(optimizer, run, chosenCuts)).toEqual(runOptimizer(optimizer, run));
      }),
    );
  });

  test("leaves everything outside its slice alone", () => {
    for (const [, optimizer] of PYTORCH_FIGURES) {
      const { parameters, gradient, state } = createVectors(optimizer, figureRun.start);
      gradient.fill(1);
      const step = { start: 1, end: 2, learningRate: 1, count: 1 };
      stepOptimizer(optimizer.spec, { parameters, gradient, state }, step, kernels);
      expect([parameters[0], parameters[2]]).toEqual([0.5, 2]);
      expect(parameters[1]).not.toBe(-1.25);
      for (const vector of state) expect([vector[0], vector[2]]).toEqual([0, 0]);
    }
  });

  test("gradient is borrowed: it stays as it was", () => {
    for (const [, optimizer] of PYTORCH_FIGURES) {
      const { gradient } = runOptimizer(optimizer, figureRun);
      expect([...gradient]).toEqual([...Float32Array.from(figureRun.gradients[4] ?? [])]);
    }
  });
});

describe("countStateVectors()", () => {
  test("is as many vectors as a step writes to", () => {
    const counts = PYTORCH_FIGURES.map(([, optimizer]) => countStateVectors(optimizer));
    expect(counts).toEqual([0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 1, 1]);
  });
});
