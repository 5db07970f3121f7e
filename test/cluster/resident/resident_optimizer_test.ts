import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ResidentOptimizer, VectorPair } from "../../../src/cluster/resident/resident_optimizer.ts";
import { createParameterLayout } from "../../../src/core/parameter_layout.ts";
import { DeviceVector } from "../../../src/engine/device/device_vector.ts";
import { DOUBLE_DEVICE } from "../../../src/engine/device/double_driver.ts";
import type { DeviceComputer } from "../../../src/engine/device/vector_program.ts";
import { openCarrier } from "../../../src/engine/onnxruntime/choose_carrier.ts";
import { VectorKernels } from "../../../src/kernels/vector_kernels.ts";
import { Adagrad } from "../../../src/optimizers/adagrad.ts";
import { Adam, AdamW } from "../../../src/optimizers/adam.ts";
import type { Optimizer } from "../../../src/optimizers/optimizer.ts";
import { RMSprop } from "../../../src/optimizers/rmsprop.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { countStateVectors, stepOptimizer } from "../../../src/optimizers/step_optimizer.ts";

/** Two tensors, of which the second does not begin where it does in shared memory. */
const LAYOUT = createParameterLayout([
  { name: "a", shape: [5] },
  { name: "b", shape: [4] },
]);
const kernels = new VectorKernels();

/** Numbers of every size: those that are flushed, their neighbours, subnormal and large ones, and none. */
const numbers = fc.oneof(
  fc.float({ noDefaultInfinity: true, noNaN: true, min: -8, max: 8 }),
  fc.constantFrom(2 ** -100, -(2 ** -101), 2 ** -99, 2 ** -140, -(2 ** -126), 2 ** -63, 2 ** -64, 2 ** -62),
  fc.constantFrom(0, -0, 1e20, -1e30, Number.NaN, Number.POSITIVE_INFINITY),
  fc.tuple(fc.integer({ min: -149, max: 20 }), fc.double({ min: 1, max: 2, noNaN: true })).map(([e, m]) => m * 2 ** e),
);
const vector = fc.array(numbers, { minLength: LAYOUT.size, maxLength: LAYOUT.size }).map((v) => Float32Array.from(v));

const OPTIMIZERS: readonly Optimizer[] = [
  new SGD({ learningRate: 0.1, weightDecay: 0.02 }),
  new SGD({ learningRate: 0.1, momentum: 0.9 }),
  new SGD({ learningRate: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.02 }),
  new SGD({ learningRate: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.02 }),
  new Adam({ learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 0, weightDecay: 0.1 }),
  new AdamW({ learningRate: 0.05, weightDecay: 0.2 }),
  new RMSprop({ alpha: 1, momentum: 0.6, weightDecay: 0.1 }),
  new RMSprop({ centered: true }),
  new Adagrad({ learningRate: 0.3, learningRateDecay: 0.1, weightDecay: 0.05 }),
];

/** Which vector of state holds squares, which are never below 0. */
const SQUARES = { adam: 1, rmsprop: 0, adagrad: 0 } as const;

let computer: DeviceComputer;
beforeAll(async () => {
  const carrier = await openCarrier(DOUBLE_DEVICE);
  const opened = carrier.createComputer?.({ device: DOUBLE_DEVICE, intraOpThreads: 1 });
  if (!opened) throw new Error("there is no double");
  computer = opened;
});
const made: { release(): void }[] = [];
afterAll(() => {
  for (const one of made) one.release();
});

function createPair(): VectorPair {
  const pair = new VectorPair(() => new DeviceVector(computer.memory, LAYOUT));
  made.push(pair);
  return pair;
}

describe("ResidentOptimizer", () => {
  for (const optimizer of OPTIMIZERS) {
    test(`steps any numbers to the kernels' bits: ${JSON.stringify(optimizer.spec)}`, () => {
      const count = countStateVectors(optimizer);
      const pairs = { parameters: createPair(), state: Array.from({ length: count }, createPair) };
      const gradient = new DeviceVector(computer.memory, LAYOUT);
      const resident = new ResidentOptimizer(computer, { optimizer: optimizer.spec, segments: [] }, pairs);
      made.push(gradient, resident);
      const isSquare = (index: number) => optimizer.spec.kind !== "sgd" && index === SQUARES[optimizer.spec.kind];
      const state = fc.array(vector, { minLength: count, maxLength: count }).map((vectors) => {
        return vectors.map((one, index) => (isSquare(index) ? one.map(Math.abs) : one));
      });
      const gradients = fc.array(vector, { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(vector, state, gradients, (parameters, vectors, steps) => {
          const host = { parameters: parameters.slice(), state: vectors.map((one) => one.slice()) };
          pairs.parameters.now.upload(host.parameters);
          for (const [i, one] of host.state.entries()) pairs.state[i]?.now.upload(one);
          for (const [index, values] of steps.entries()) {
            // A kernel multiplies a decay of 0 with them, too.
            if (!host.parameters.every(Number.isFinite)) break;
            const length = { learningRate: optimizer.learningRate, count: index + 1 };
            const slice = { start: 0, end: LAYOUT.size, ...length };
            stepOptimizer(optimizer.spec, { ...host, gradient: values }, slice, kernels);
            gradient.upload(values);
            resident.step({ ...pairs, gradient }, { count: index + 1, rateOf: () => optimizer.learningRate });
          }
          expect(download(pairs.parameters)).toEqual([...host.parameters]);
          expect(pairs.state.map(download)).toEqual(host.state.map((one) => [...one]));
        }),
        { numRuns: 60 },
      );
    });
  }
});

/** As numbers: the bits of NaN may differ. */
function download({ now }: VectorPair): number[] {
  const values = new Float32Array(LAYOUT.size);
  now.download(values);
  return [...values];
}
