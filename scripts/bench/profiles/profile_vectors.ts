/**
 * A program of its own, `bun scripts/bench/profiles/profile_vectors.ts`: what a pass over vectors costs as a plain
 * loop, by the kernels where the vectors lie in their memory, and by the kernels on copies; at the sizes of SimpleMLP
 * and of a ResNet-18.
 */

import process from "node:process";
import { formatTable } from "../../../src/cli/format_table.ts";
import { addPenaltyGradient } from "../../../src/cluster/penalty.ts";
import { reduceSlots } from "../../../src/cluster/replica/reduce_slots.ts";
import { RangeRefusal, TypeRefusal } from "../../../src/core/errors/errors.ts";
import { createSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";
import { dot } from "../../../src/core/vector.ts";
import { MAX_VECTORS, PIECE_SIZE, VectorKernels } from "../../../src/kernels/vector_kernels.ts";
import { createSharedVectors } from "../../../src/kernels/vector_memory.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { stepOptimizer } from "../../../src/optimizers/step_optimizer.ts";
import { median } from "../statistics.ts";

const SIZES = [407_050, 11_173_962];
const VECTORS = 4;
const ROUNDS = 15;

type Pass = (vectors: readonly Float32Array[], kernels: VectorKernels) => void;

/** Each as a plain loop in double precision and, where there is one, by the kernels. */
const PASSES: readonly { readonly name: string; readonly loop: Pass; readonly kernel?: Pass }[] = [
  {
    name: "sum of two slots",
    loop: ([a = NONE, b = NONE]) => {
      for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) + (b[i] ?? 0);
    },
    kernel: ([a = NONE, b = NONE], kernels) => reduceSlots([a, b], 2, { start: 0, end: a.length }, kernels),
  },
  {
    name: "momentum SGD",
    loop: ([theta = NONE, g = NONE, v = NONE]) => {
      for (let i = 0; i < theta.length; i++) {
        const velocity = 0.9 * (v[i] ?? 0) + (g[i] ?? 0);
        v[i] = velocity;
        theta[i] = (theta[i] ?? 0) - 1e-3 * velocity;
      }
    },
    kernel: ([parameters = NONE, gradient = NONE, v = NONE], kernels) =>
      stepOptimizer(sgd.spec, { parameters, gradient, state: [v] }, stepOver(parameters), kernels),
  },
  {
    name: "Adam",
    loop: ([theta = NONE, g = NONE, m = NONE, s = NONE]) => {
      for (let i = 0; i < theta.length; i++) {
        const gradient = g[i] ?? 0;
        const mean = 0.9 * (m[i] ?? 0) + 0.1 * gradient;
        const square = 0.999 * (s[i] ?? 0) + 0.001 * gradient * gradient;
        m[i] = mean;
        s[i] = square;
        theta[i] = (theta[i] ?? 0) - (1e-3 * mean) / (Math.sqrt(square) + 1e-8);
      }
    },
    kernel: ([parameters = NONE, gradient = NONE, m = NONE, s = NONE], kernels) =>
      stepOptimizer(adam.spec, { parameters, gradient, state: [m, s] }, stepOver(parameters), kernels),
  },
  {
    name: "a penalty's gradient and value",
    loop: ([theta = NONE, g = NONE, a = NONE, b = NONE]) => {
      let sum = 0;
      for (let i = 0; i < theta.length; i++) {
        const pull = (a[i] ?? 0) * (theta[i] ?? 0);
        const anchor = b[i] ?? 0;
        g[i] = (g[i] ?? 0) + 1e-3 * (pull - anchor);
        sum += (theta[i] ?? 0) * (pull - 2 * anchor);
      }
      sink += sum;
    },
    kernel: ([parameters = NONE, gradient = NONE, a = NONE, b = NONE], kernels) => {
      const slice = { start: 0, end: parameters.length, scale: 1e-3 };
      sink += addPenaltyGradient({ a: shared(a), b: shared(b) }, { parameters, gradient }, slice, kernels);
    },
  },
  {
    name: "dot product, one sum",
    loop: ([a = NONE, b = NONE]) => {
      let sum = 0;
      for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
      sink += sum;
    },
  },
  {
    name: "dot product, four sums",
    loop: ([a = NONE, b = NONE]) => {
      sink += dot(a, b);
    },
  },
];

const NONE = new Float32Array(0);
const sgd = new SGD({ learningRate: 1e-3, momentum: 0.9 });
const adam = new Adam();
let sink = 0;
const rows: string[][] = [["pass", "elements", "loop, ms", "kernel, ms", "kernel on copies, ms"]];
for (const size of SIZES) {
  const lengths = [...new Array<number>(VECTORS).fill(size), ...new Array<number>(MAX_VECTORS).fill(PIECE_SIZE)];
  const { memory, vectors } = createSharedVectors(lengths);
  if (!memory) throw new RangeRefusal(`Cannot measure: ${VECTORS} vectors of ${size} do not fit into a memory`);
  const near = vectors.slice(0, VECTORS);
  const far = near.map(({ length }) => createSharedFloat32(length));
  for (const vector of [...near, ...far]) vector.set(Float32Array.from(vector, (_, i) => 1e-3 * (1 + Math.sin(i))));
  const kernels = new VectorKernels({ memory, pieces: vectors.slice(VECTORS) });
  for (const { name, loop, kernel } of PASSES) {
    const ways = [() => loop(far, kernels), () => kernel?.(near, kernels), () => kernel?.(far, kernels)];
    const times = measure(kernel ? ways : ways.slice(0, 1));
    rows.push([name, String(size), ...[0, 1, 2].map((i) => times[i]?.toFixed(3) ?? "")]);
  }
}
process.stdout.write(formatTable(rows));
if (Number.isNaN(sink)) process.stdout.write("The sums are not finite.\n");

/** Medians of interleaved rounds, in milliseconds; the first rounds warm up. */
function measure(ways: readonly (() => void)[]): number[] {
  const times = ways.map((): number[] => []);
  for (let round = -3; round < ROUNDS; round++) {
    for (const [i, way] of ways.entries()) {
      const began = performance.now();
      way();
      if (round >= 0) times[i]?.push(performance.now() - began);
    }
  }
  return times.map(median);
}

function stepOver({ length }: Float32Array) {
  return { start: 0, end: length, learningRate: 1e-3, count: 2 };
}

function shared(vector: Float32Array): Float32Array<SharedArrayBuffer> {
  const { buffer } = vector;
  if (!(buffer instanceof SharedArrayBuffer)) throw new TypeRefusal("Cannot measure: the vector is not shared");
  return new Float32Array(buffer, vector.byteOffset, vector.length);
}
