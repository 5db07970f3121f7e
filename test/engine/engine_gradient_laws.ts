import { expect, test } from "bun:test";
import fc from "fast-check";
import type { EngineInput, Objective } from "../../src/engine/engine.ts";
import {
  computeGradient,
  computeOutputs,
  drawInput,
  drawObjective,
  measureDifference,
  sliceRows,
} from "./engine_fixtures.ts";
import type { OpenedEngine } from "./opened_engine.ts";
import { computeLossesSlowly, computeOutputGradient } from "./slow_objectives.ts";

const STEP = 2 ** -8;
/** The share of parameters that may have a kink of relu within their step. */
const MAX_KINKS = 0.15;

/** What gradients are tested with. */
export interface GradientLaws {
  readonly kind: Objective["kind"];
  readonly moved: MovedOutputs;
  readonly tolerance: number;
  readonly differencesTolerance: number;
}

/** Losses and gradients: against the textbook, central differences, shards and the split step. */
export function describeGradients(
  opened: () => OpenedEngine,
  { kind, moved, tolerance, differencesTolerance }: GradientLaws,
): void {
  for (const mode of ["train", "eval"] as const) {
    test(`gradient() equals central differences of the ${kind} loss, when the mode is "${mode}"`, async () => {
      const { engine, vectors } = opened();
      const objective = drawObjective(kind, 4);
      const { gradient } = await computeGradient(engine, vectors, drawInput(4, { mode }), objective);
      let kinks = 0;
      for (let i = 0; i < gradient.length; i++) {
        const slope = await measureSlope(moved, objective, { mode, i, step: STEP });
        const halfStep = await measureSlope(moved, objective, { mode, i, step: STEP / 2 });
        // Where the step decides, there is a kink in between, and no derivative to compare with. Next to a kink both
        // steps miss by much and differ by little: a quarter of what they miss by.
        if (Math.abs(slope - halfStep) > differencesTolerance / 4) kinks += 1;
        else expect(Math.abs((gradient[i] ?? Number.NaN) - halfStep)).toBeLessThan(differencesTolerance);
      }
      expect(kinks).toBeLessThanOrEqual(MAX_KINKS * gradient.length);
    });
  }

  test(`gradient() and backward() give 0 for parameters that are held and others their ${kind} gradient`, async () => {
    const { engine, vectors } = opened();
    const objective = drawObjective(kind, 5);
    const input = drawInput(5);
    const [first, ...others] = engine.layout.entries;
    if (!first) throw new TypeError("no parameters");
    const dOutputs = drawInput(5, { sampleShape: [engine.outputSize] }).x.data.slice();
    const compute = async (given: EngineInput) => {
      const backward = new Float32Array(engine.layout.size).fill(Number.NaN);
      const { gradient } = await computeGradient(engine, vectors, given, objective);
      await engine.backward(vectors, given, dOutputs, backward);
      return [gradient, backward];
    };
    const [all, held, none] = [
      await compute(input),
      await compute({ ...input, held: [first.name] }),
      await compute({ ...input, held: engine.layout.entries.map(({ name }) => name) }),
    ];
    for (const [way, gradient] of held.entries()) {
      const wanted = Float32Array.from(all[way] ?? []);
      expect(wanted.subarray(first.offset, first.offset + first.size).some((value) => value !== 0)).toBe(true);
      wanted.fill(0, first.offset, first.offset + first.size);
      expect(measureDifference(gradient, wanted)).toBeLessThan(tolerance);
    }
    expect(others.length).toBeGreaterThan(0);
    for (const gradient of none) expect(gradient.every((value) => value === 0)).toBe(true);
  });

  test(`gradient() returns forward()'s outputs and the ${kind} loss of each row, when run`, async () => {
    const { engine, vectors } = opened();
    const [input, objective] = [drawInput(5), drawObjective(kind, 5)];
    const { outputs, losses } = await computeGradient(engine, vectors, input, objective);
    expect(measureDifference(outputs, await computeOutputs(engine, vectors, input))).toBeLessThan(tolerance);
    const wanted = Float32Array.from(computeLossesSlowly(objective, outputs));
    expect(measureDifference(losses, wanted)).toBeLessThan(tolerance);
  });

  test(`gradient() stays finite and right, when logits are large and the loss is ${kind}`, async () => {
    const { engine, vectors } = opened();
    const large = { ...vectors, parameters: vectors.parameters.map((value) => value * 200) };
    const [input, objective] = [drawInput(3, { mode: "eval" }), drawObjective(kind, 3)];
    const { gradient, losses } = await computeGradient(engine, large, input, objective);
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(losses.every(Number.isFinite)).toBe(true);
  });

  test(`gradient() of shards adds up to that of the whole batch, when the loss is ${kind}`, async () => {
    const { engine, vectors } = opened();
    const batches = fc.integer({ min: 1, max: 9 }).chain((rows) =>
      fc.record({
        rows: fc.constant(rows),
        cuts: fc.uniqueArray(fc.integer({ min: 1, max: rows }), { maxLength: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(batches, async ({ rows, cuts }) => {
        const [input, objective] = [drawInput(rows, { mode: "eval" }), drawObjective(kind, rows)];
        const whole = await computeGradient(engine, vectors, input, objective);
        const sum = new Float32Array(engine.layout.size);
        const ends = [...new Set([...cuts, rows])].sort((a, b) => a - b);
        for (const [shard, end] of ends.entries()) {
          const [part, partObjective] = sliceRows(input, objective, [ends[shard - 1] ?? 0, end]);
          const { gradient } = await computeGradient(engine, vectors, part, partObjective);
          gradient.forEach((value, i) => {
            sum[i] = (sum[i] ?? 0) + value;
          });
        }
        expect(measureDifference(sum, whole.gradient)).toBeLessThan(tolerance);
      }),
      { numRuns: 8 },
    );
  });

  test(`backward() after forward() equals gradient(), when given the ${kind} loss's output gradient`, async () => {
    const { engine, vectors } = opened();
    const [input, objective] = [drawInput(5), drawObjective(kind, 5)];
    const fused = await computeGradient(engine, vectors, input, objective);
    const outputs = await computeOutputs(engine, vectors, input);
    const split = new Float32Array(engine.layout.size).fill(Number.NaN);
    await engine.backward(vectors, input, computeOutputGradient(objective, outputs), split);
    expect(measureDifference(split, fused.gradient)).toBeLessThan(tolerance);
  });
}

/** Which parameter is moved, by how much, in which mode. */
interface Move {
  readonly mode: EngineInput["mode"];
  readonly i: number;
  readonly step: number;
}

/** The central difference of the objective in parameter i, from `forward` alone. */
async function measureSlope(moved: MovedOutputs, objective: Objective, move: Move): Promise<number> {
  const computeLoss = async (step: number) => {
    const losses = computeLossesSlowly(objective, await moved.compute({ ...move, step }));
    return losses.reduce((sum, loss, row) => sum + loss * (objective.weights[row] ?? 0), 0);
  };
  return ((await computeLoss(move.step)) - (await computeLoss(-move.step))) / (2 * move.step);
}

/** Outputs of four samples with one parameter moved. They are the same for every objective: each is computed once. */
export class MovedOutputs {
  readonly #opened: () => OpenedEngine;
  readonly #known = new Map<string, Promise<Float32Array>>();

  constructor(opened: () => OpenedEngine) {
    this.#opened = opened;
  }

  compute({ mode, i, step }: Move): Promise<Float32Array> {
    const key = `${mode} ${i} ${step}`;
    const known = this.#known.get(key);
    if (known) return known;
    const { engine, vectors } = this.#opened();
    const parameters = vectors.parameters.slice();
    parameters[i] = (parameters[i] ?? 0) + step;
    const outputs = computeOutputs(engine, { ...vectors, parameters }, drawInput(4, { mode }));
    this.#known.set(key, outputs);
    return outputs;
  }
}
