import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Engine, Objective } from "../../src/engine/engine.ts";
import type { ModelTopology } from "../../src/engine/model_topology.ts";
import {
  CLASSES,
  catchError,
  computeGradient,
  computeOutputs,
  createMask,
  createSmallModel,
  drawInput,
  drawObjective,
  drawVectors,
  maskObjective,
  measureDifference,
  weighElements,
} from "./engine_fixtures.ts";
import { computeLossesSlowly, computeOutputGradient } from "./slow_objectives.ts";

const MASKABLE: readonly Objective["kind"][] = ["cross-entropy", "binary-cross-entropy", "focal", "binary-focal"];
const OF_ELEMENTS: readonly Objective["kind"][] = ["binary-cross-entropy", "mse", "binary-focal", "huber"];

/** What masks, weights of elements and constants do to an objective, and which objectives are refused. */
export function describeObjectives(create: (topology: ModelTopology) => Promise<Engine>, tolerance: number): void {
  const { topology } = createSmallModel({ activations: ["tanh"] });
  const opened: Engine[] = [];
  beforeAll(async () => {
    opened.push(await create(topology));
  });
  afterAll(() => opened[0]?.close());
  const open = () => {
    const [engine] = opened;
    if (!engine) throw new Error("The engine is opened before the tests, not when they are declared");
    return { engine, vectors: drawVectors(engine), input: drawInput(5) };
  };

  for (const kind of MASKABLE) {
    test(`gradient() gives ${kind} of masked logits, but the logits themselves, when there is a class mask`, async () => {
      const { engine, vectors, input } = open();
      const objective = maskObjective(drawObjective(kind, 5));
      const { outputs, losses, gradient } = await computeGradient(engine, vectors, input, objective);
      expect(measureDifference(outputs, await computeOutputs(engine, vectors, input))).toBeLessThan(tolerance);
      const wanted = Float32Array.from(computeLossesSlowly(objective, outputs));
      expect(measureDifference(losses, wanted)).toBeLessThan(tolerance);
      const split = new Float32Array(engine.layout.size).fill(Number.NaN);
      await engine.backward(vectors, input, computeOutputGradient(objective, outputs), split);
      expect(measureDifference(gradient, split)).toBeLessThan(tolerance);
    });

    test(`gradient() of ${kind} leaves the units of a masked class alone, and follows a mask that changes`, async () => {
      const { engine, vectors, input } = open();
      const objective = maskObjective(drawObjective(kind, 5));
      const bias = engine.layout.entries.find(({ name }) => name === "classifier/bias");
      const { gradient } = await computeGradient(engine, vectors, input, objective);
      const slopes = [...gradient.subarray(bias?.offset, (bias?.offset ?? 0) + CLASSES)];
      expect(slopes.at(-1)).toBe(0);
      expect(slopes.slice(0, -1).every((slope) => slope !== 0)).toBe(true);
      const open1 = { ...objective, classMask: new Float32Array(CLASSES) };
      const withoutEffect = await computeGradient(engine, vectors, input, open1);
      const { classMask: _, ...unmasked } = open1;
      const plain = await computeGradient(engine, vectors, input, unmasked);
      expect(measureDifference(withoutEffect.gradient, plain.gradient)).toBeLessThan(tolerance);
      expect(measureDifference(withoutEffect.gradient, gradient)).toBeGreaterThan(1e-3);
    });
  }

  for (const kind of OF_ELEMENTS) {
    test(`gradient() of ${kind} weighs each output's part, and follows weights that change`, async () => {
      const { engine, vectors, input } = open();
      const plain = drawObjective(kind, 5);
      const weighted = weighElements(plain);
      const { outputs, losses, gradient } = await computeGradient(engine, vectors, input, weighted);
      const wanted = Float32Array.from(computeLossesSlowly(weighted, outputs));
      expect(measureDifference(losses, wanted)).toBeLessThan(tolerance);
      const split = new Float32Array(engine.layout.size).fill(Number.NaN);
      await engine.backward(vectors, input, computeOutputGradient(weighted, outputs), split);
      expect(measureDifference(gradient, split)).toBeLessThan(tolerance);
      const ones = { ...plain, elementWeights: plain.targets.map(() => 1) };
      const [ofOnes, ofNone] = [
        await computeGradient(engine, vectors, input, ones),
        await computeGradient(engine, vectors, input, plain),
      ];
      expect(measureDifference(ofOnes.gradient, ofNone.gradient)).toBeLessThan(tolerance);
      expect(measureDifference(ofOnes.gradient, gradient)).toBeGreaterThan(1e-3);
    });
  }

  for (const [focal, entropy] of [
    ["focal", "cross-entropy"],
    ["binary-focal", "binary-cross-entropy"],
  ] as const) {
    test(`gradient() of ${focal} follows γ from call to call, and with γ = 0 is that of ${entropy}`, async () => {
      const { engine, vectors, input } = open();
      const { targets, weights } = drawObjective(focal, 5);
      for (const constant of [3, 0.5, 0]) {
        const objective: Objective = { kind: focal, targets, weights, constant };
        const { outputs, losses, gradient } = await computeGradient(engine, vectors, input, objective);
        const wanted = Float32Array.from(computeLossesSlowly(objective, outputs));
        expect(measureDifference(losses, wanted)).toBeLessThan(tolerance);
        if (constant > 0) continue;
        const plain = await computeGradient(engine, vectors, input, { kind: entropy, targets, weights });
        expect(measureDifference(gradient, plain.gradient)).toBeLessThan(tolerance);
      }
    });
  }

  test("gradient() refuses masks and targets that do not fit, when called, and computes again afterwards", async () => {
    const { engine, vectors, input } = open();
    const objective = drawObjective("cross-entropy", 5);
    const refused: readonly (readonly [Partial<Objective>, string])[] = [
      [{ classMask: new Float32Array(CLASSES + 1) }, `needs ${CLASSES} values of classMask, got ${CLASSES + 1}`],
      [{ classMask: createMask().fill(Number.NEGATIVE_INFINITY) }, "a class mask of finite numbers"],
      [{ classMask: createMask().fill(Number.NaN) }, "a class mask of finite numbers"],
      [{ classMask: createMask(), kind: "mse" }, 'no class mask, as it is of logits, got "mse"'],
      [{ classMask: createMask(), kind: "huber", constant: 1 }, 'no class mask, as it is of logits, got "huber"'],
      [{ elementWeights: new Float32Array(15) }, "no weights of elements, as its softmax ties them together"],
      [{ elementWeights: new Float32Array(2), kind: "mse" }, `needs ${5 * CLASSES} values of elementWeights, got 2`],
      [{ elementWeights: new Float32Array(15).fill(Number.NaN), kind: "mse" }, "finite weights of elements, got NaN"],
      [{ kind: "focal" }, "the objective focal needs a finite γ of at least 0 as its constant"],
      [{ kind: "binary-focal", constant: -1 }, "a finite γ of at least 0 as its constant, got -1"],
      [{ kind: "huber", constant: 0 }, "a finite δ above 0 as its constant, got 0"],
      [{ constant: 1 }, "the objective cross-entropy needs no constant, got 1"],
      [{ targets: new Float32Array(2) }, `needs ${5 * CLASSES} values of targets, got 2`],
      [{ weights: new Float32Array(2) }, "needs 5 values of weights, got 2"],
    ];
    for (const [changes, message] of refused) {
      const results = { outputs: new Float32Array(5 * CLASSES), losses: new Float32Array(5) };
      const gradient = new Float32Array(engine.layout.size);
      const call = engine.gradient(vectors, input, { ...objective, ...changes }, { ...results, gradient });
      expect(String(await catchError(call))).toContain(message);
    }
    const { gradient } = await computeGradient(engine, vectors, input, objective);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });
}
