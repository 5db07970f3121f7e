import { describe, expect, test } from "bun:test";
import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { AR1 } from "../../../src/methods/ar1/ar1.ts";
import { CWRStar, CWRStarPlugin, consolidate } from "../../../src/methods/cwr_star/cwr_star_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const { trainStream } = makeBenchmark({ experiences: 4, samples: 96 });

/** The head's kernel as columns, one a class. */
function readColumns({ cluster, parameters }: BaseStrategy): number[][] {
  const entry = findEntry(cluster.model.layout, "classifier/kernel");
  const [rows = 0, columns = 0] = entry.shape;
  const kernel = viewEntry(parameters, entry);
  return Array.from({ length: columns }, (_, c) =>
    Array.from({ length: rows }, (_, r) => kernel[r * columns + c] ?? 0),
  );
}

const isZero = (column: readonly number[] | undefined) => column?.every((w) => w === 0);

describe("CWRStarPlugin", () => {
  test("has no gradients computed for what it holds, and all of them in the first experience", async () => {
    const moved: string[][] = [];
    const listener = createListener(["afterBackward"], (_, { cluster, gradient }) => {
      const entries = cluster.model.layout.entries.filter(({ offset, size }) =>
        gradient.subarray(offset, offset + size).some((value) => value !== 0),
      );
      moved.push(entries.map(({ name }) => name));
    });
    const strategy = new Naive(makeOptions({ plugins: [new CWRStarPlugin(), listener], trainMbSize: 12 }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream);
      const names = strategy.cluster.model.layout.entries.map(({ name }) => name);
      const head = names.filter((name) => name.startsWith("classifier/"));
      // The head's kernel begins at 0, so that the very first step moves nothing below.
      expect(moved).toEqual([head, names, head, head, head, head, head, head]);
      expect(strategy.cluster.held.names).toEqual([]);
    });
  });

  for (const [name, head] of [
    ["a fixed head", {}],
    ["a growing head", { incremental: true, initialUnits: 1 }],
  ] as const) {
    test(`starts each experience from its classes' consolidated weights, and ends it with all of them, with ${name}`, async () => {
      const saved = new Map<number, number[]>();
      const samples = new Map<number, number>();
      let trained: number[][] = [];
      let checked = 0;
      const plugin = new CWRStarPlugin();
      const before = createListener(["afterTrainingExp"], (_, strategy) => {
        trained = readColumns(strategy);
      });
      const after = createListener(["beforeTrainingExp", "afterTrainingExp"], (callback, strategy) => {
        const columns = readColumns(strategy);
        const current = [...new Set(strategy.experience.dataset.targets)];
        if (callback === "beforeTrainingExp") {
          for (const [id, column] of columns.entries()) {
            const wanted = current.includes(id) ? saved.get(id) : undefined;
            if (wanted) expect(measureDifference(column, wanted)).toBeLessThan(1e-6);
            else expect(isZero(column)).toBe(true);
          }
          return;
        }
        const all = current.flatMap((id) => trained[id] ?? []);
        const mean = all.reduce((sum, w) => sum + w, 0) / all.length;
        for (const id of current) {
          const count = strategy.experience.dataset.targets.filter((y) => y === id).length;
          const past = samples.get(id) ?? 0;
          const r = Math.sqrt(past / count);
          const old = saved.get(id);
          saved.set(
            id,
            (trained[id] ?? []).map((w, i) => ((old?.[i] ?? 0) * r + (w - mean)) / (r + 1)),
          );
          samples.set(id, past + count);
        }
        for (const [id, column] of columns.entries()) {
          const wanted = saved.get(id);
          if (wanted) expect(measureDifference(column, wanted)).toBeLessThan(1e-6);
          else expect(isZero(column)).toBe(true);
          checked += 1;
        }
      });
      const options = makeOptions({ trainEpochs: 2, plugins: [before, plugin, after], optimizer: new Adam() });
      const strategy = new Naive({ ...options, model: mlp({ ...SMALL_MLP, ...head }) });
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream);
        // Classes come again, with other numbers of samples.
        for (const [i, count] of [
          [1, 10],
          [0, 3],
        ] as const) {
          const experience = trainStream.at(i);
          await strategy.train({
            ...experience,
            dataset: experience.dataset.subset(Int32Array.from({ length: count }, (_, j) => j)),
          });
        }
      });
      expect(saved.size).toBe(4);
      expect(checked).toBeGreaterThan(15);
    });
  }

  test("holds all other layers from the second experience on, whatever the optimizer does", async () => {
    const ends: Float32Array[] = [];
    const listener = createListener(["afterTrainingExp"], (_, { parameters, cluster }) => {
      const { offset } = findEntry(cluster.model.layout, "classifier/kernel");
      ends.push(parameters.slice(0, offset));
    });
    const options = () => ({ optimizer: new Adam({ learningRate: 0.01, weightDecay: 0.1 }), plugins: [listener] });
    const strategy = new CWRStar(makeOptions(options()));
    await withStrategy(strategy, () => strategy.train(trainStream));
    const [first = new Float32Array(), ...others] = ends.splice(0);
    for (const end of others) expect(end).toEqual(first);
    expect(strategy.plan).toEqual({ fused: true, updateWithReduction: true, reasons: [] });
    const free = new CWRStar({ ...makeOptions(options()), freezeRemainingModel: false });
    await withStrategy(free, () => free.train(trainStream));
    expect(ends[1]).not.toEqual(ends[0] ?? new Float32Array());
  });

  test("remembers what Naive forgets", async () => {
    const joined = Dataset.concat([...trainStream].map(({ dataset }) => dataset));
    const accuracies: number[] = [];
    const options = () => makeOptions({ trainEpochs: 20, optimizer: new SGD({ learningRate: 0.5 }) });
    for (const strategy of [new Naive(options()), new CWRStar(options())]) {
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream);
        const { data } = await strategy.forwardWith(strategy.parameters, joined);
        const isRight = (y: number, row: number) => {
          const logits = data.subarray(4 * row, 4 * row + 4);
          return logits.indexOf(Math.max(...logits)) === y;
        };
        accuracies.push(joined.targets.filter(isRight).length / joined.length);
      });
    }
    expect(accuracies[0]).toBeLessThan(0.5);
    expect(accuracies[1]).toBeGreaterThan(0.7);
  });

  test("refuses layers that are not there, or not dense, when a strategy is made", () => {
    const act = "CWRStarPlugin: unknown dense layer";
    const misspelled = () => new CWRStar({ ...makeOptions(), cwrLayerName: "clasifier" });
    expect(misspelled).toThrow(`${act} "clasifier", did you mean classifier?`);
    const options = makeOptions({ dropout: 0.5 });
    const dropout = options.model.layers.find((layer) => layer.getClassName() === "Dropout")?.name ?? "";
    for (const create of [
      () => new CWRStar({ ...options, cwrLayerName: dropout }),
      () => new AR1({ ...options, cwrLayerName: dropout }),
    ]) {
      expect(create).toThrow(`${act} "${dropout}"; known: `);
    }
  });
});

describe("consolidate()", () => {
  test("shifts new classes by the mean over all of them, and weighs known ones by their samples", () => {
    const trained = new Map([
      [3, Float32Array.of(1, 3)],
      [5, Float32Array.of(0, 8)],
    ]);
    const past = new Map([[5, { weights: Float32Array.of(2, -2), samples: 40 }]]);
    const counts = new Map([
      [3, 7],
      [5, 10],
    ]);
    const made = consolidate(trained, { counts, past });
    expect([...(made.get(3)?.weights ?? [])]).toEqual([-2, 0]);
    // r = √(40/10) = 2: (2·2 + 0 − 3)/3 and (2·(−2) + 8 − 3)/3.
    expect(measureDifference(made.get(5)?.weights ?? [], [1 / 3, 1 / 3])).toBeLessThan(1e-6);
    expect([made.get(3)?.samples, made.get(5)?.samples]).toEqual([7, 50]);
  });
});
