/**
 * A program of its own, `bun scripts/bench/profiles/profile_projection.ts [MEMORIES] [PARAMETERS]`: the processor time
 * of a step of GEM beside its gradients, and of its parts: gradients held, the first conflict, the products of all
 * pairs, the quadratic program, and the memories added to the step's gradient.
 */

import process from "node:process";
import { formatTable } from "../../../src/cli/format_table.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { createSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";
import { ScaledVectors } from "../../../src/kernels/scaled_vectors.ts";
import { holdGradient, projectOntoMemories } from "../../../src/methods/gem/project_gradient.ts";
import { median } from "../statistics.ts";

const ROUNDS = 15;
const WARM_UP = 5;
const [memories = 50, parameters = 407_050] = process.argv.slice(2).map(Number);

const random = new RandomStream(1, "profile");
const gradients = Array.from({ length: memories + 1 }, () => {
  const vector = createSharedFloat32(parameters);
  for (let i = 0; i < parameters; i++) vector[i] = 1e-3 * random.normal();
  return vector;
});
const [gradient = createSharedFloat32(parameters), ...past] = gradients;
// One memory is in conflict for certain.
past[0]?.set(gradient.map((value) => -value));

const vectors = new ScaledVectors();
vectors.reserve(memories + 1, parameters);
const factors = past.map(() => 0.5);
const moved = gradient.slice();
const holdAll = () => {
  for (const [place, vector] of past.entries()) holdGradient(vectors, place, vector);
};
const parts: readonly (readonly [name: string, run: () => unknown])[] = [
  ["gradients of the memories held", holdAll],
  ["the step's gradient held", () => holdGradient(vectors, memories, gradient)],
  ["one product in double precision", () => vectors.multiply(0, memories)],
  ["products of all pairs", () => vectors.computeGram()],
  ["memories added", () => vectors.addTo(moved, factors)],
  ["the projection, of gradients that are held", () => projectOntoMemories(moved, { vectors, count: memories }, 0.5)],
];
const times = new Map<string, number[]>(parts.map(([name]) => [name, []]));
for (let round = -WARM_UP; round < ROUNDS; round++) {
  for (const [name, run] of parts) {
    moved.set(gradient);
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) times.get(name)?.push((user + system) / 1000);
  }
}
const rows = [...times].map(([name, each]) => [name, median(each).toFixed(2), Math.min(...each).toFixed(2)]);
process.stdout.write(`${memories} memories of ${parameters} parameters, processor time\n`);
process.stdout.write(formatTable([["part", "median, ms", "least, ms"], ...rows]));
