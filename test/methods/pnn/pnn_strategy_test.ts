import { describe, expect, test } from "bun:test";
import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { EWCPlugin } from "../../../src/methods/ewc/ewc_plugin.ts";
import { JointTraining } from "../../../src/methods/joint_training/joint_training.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { PNNStrategy } from "../../../src/methods/pnn/pnn_strategy.ts";
import { chooseClasses } from "../../../src/methods/shared/teacher.ts";
import type { PNNOptions } from "../../../src/models/options.ts";
import { pnn } from "../../../src/models/pnn.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { checkExport } from "../../../src/onnx/export/check_export.ts";
import { exportModel } from "../../../src/onnx/export/export_model.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

const { trainStream, testStream } = makeBenchmark({ experiences: 4, samples: 128, taskLabels: true });
const SMALL = { inputShape: [6], hiddenLayers: 2, hiddenSize: 5 } as const;

function createOptions(model: PNNOptions = {}, options: Partial<StrategyOptions> = {}): StrategyOptions {
  const optimizer = new Adam({ learningRate: 0.01, weightDecay: 0.1 });
  return makeOptions({ model: pnn({ ...SMALL, ...model }), optimizer, trainEpochs: 3, ...options });
}

/** Every tensor of a strategy's columns by its name. */
function readTensors({ cluster }: BaseStrategy): Map<string, number[]> {
  const { layout, stateLayout } = cluster.model;
  const parts = [
    [layout, cluster.parameters],
    [stateLayout, cluster.state],
  ] as const;
  return new Map(
    parts.flatMap(([entries, vector]) =>
      entries.entries.map((entry) => [entry.name, [...viewEntry(vector, entry)]] as const),
    ),
  );
}

describe("PNNStrategy", () => {
  for (const adapter of ["linear", "mlp"] as const) {
    test(`leaves old columns as they are, bit for bit, and their answers too, with adapters ${adapter}`, async () => {
      const logicalShards = 3;
      const strategy = new PNNStrategy(
        createOptions({ adapter, initialUnits: 4 }, { cluster: { workers: 0, logicalShards } }),
      );
      await withStrategy(strategy, async () => {
        let before = new Map<string, number[]>();
        const answers: Float32Array[] = [];
        for (const [k, experience] of [...trainStream].entries()) {
          await strategy.train(experience);
          await strategy.eval(testStream);
          expect(strategy.heads).toMatchObject([{ tasks: Array.from({ length: k + 1 }, (_, task) => task) }]);
          const after = readTensors(strategy);
          for (const [name, values] of before) {
            if (!name.endsWith("/active")) expect(after.get(name)).toEqual(values);
          }
          for (const [task, wanted] of answers.entries()) {
            const { data } = await strategy.forwardWith(strategy.parameters, testStream.at(task).dataset);
            expect(data).toEqual(wanted);
          }
          before = after;
          answers.push((await strategy.forwardWith(strategy.parameters, testStream.at(k).dataset)).data);
        }
      });
    });
  }

  test("trains the newest column: it changes, and gets a fresh optimizer", async () => {
    const strategy = new PNNStrategy(createOptions());
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.at(0));
      expect(strategy.cluster.stepCount).toBe(6);
      const first = readTensors(strategy);
      await strategy.train(trainStream.at(1));
      expect(strategy.cluster.stepCount).toBe(6);
      const { layout } = strategy.cluster.model;
      expect(layout.entries.every(({ name }) => name.startsWith("columns/c1/"))).toBe(true);
      const kernel = viewEntry(strategy.parameters, findEntry(layout, "columns/c1/l0/kernel")).slice();
      expect([...kernel]).not.toEqual(first.get("columns/c0/l0/kernel"));
      await strategy.train(trainStream.at(1));
      expect(strategy.heads).toMatchObject([{ tasks: [0, 1] }]);
      expect(viewEntry(strategy.parameters, findEntry(layout, "columns/c1/l0/kernel"))).not.toEqual(kernel);
    });
  });

  test("masks what was not trained, and widens columns with zeros that stay masked", async () => {
    const strategy = new PNNStrategy(createOptions({ initialUnits: 1 }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.at(0));
      await strategy.eval(testStream);
      const { data, shape } = await strategy.forwardWith(strategy.parameters, testStream.at(2).dataset);
      expect(shape[1]).toBe(4);
      expect(data.every((value) => value === -1000)).toBe(true);
      const own = await strategy.forwardWith(strategy.parameters, testStream.at(0).dataset);
      expect(own.data.every((value, i) => (i % 4 === 0 ? value > -100 : value === -1000))).toBe(true);
    });
  });

  test("forgets nothing where tasks have two classes each", async () => {
    const benchmark = makeBenchmark({ samples: 256, taskLabels: true });
    const options = createOptions({}, { trainEpochs: 20, optimizer: new Adam({ learningRate: 0.01 }) });
    const strategy = new PNNStrategy(options);
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      for (const { dataset } of benchmark.testStream) {
        const labels = chooseClasses(await strategy.forwardWith(strategy.parameters, dataset), []);
        const hits = labels.filter((label, i) => label === dataset.targets[i]).length;
        expect(hits / dataset.length).toBeGreaterThan(0.85);
      }
    });
  });

  for (const model of [{ adapter: "linear" }, { adapter: "mlp" }, { compatibility: "avalanche" }] as const) {
    test(`exports all columns after each experience, equal to the engine's: ${JSON.stringify(model)}`, async () => {
      const strategy = new PNNStrategy(createOptions(model));
      await withStrategy(strategy, async () => {
        for (const experience of trainStream) {
          await strategy.train(experience);
          await strategy.eval(testStream);
          const { cluster } = strategy;
          const spec = parseTopology(cluster.model.topology);
          const bytes = exportModel({ spec, parameters: cluster.parameters, state: cluster.state, metadata: {} });
          for (const { dataset } of testStream) {
            const { data: expected } = await strategy.forwardWith(strategy.parameters, dataset);
            const x = { ...readSamples(dataset), taskLabels: dataset.targetsTaskLabels };
            expect((await checkExport(bytes, { x, expected })).maxAbsoluteDifference).toBeLessThan(1e-4);
          }
        }
      });
    });
  }

  test("works with penalties on parameters, which freeze with their columns", async () => {
    const strategy = new PNNStrategy(createOptions({}, { plugins: [new EWCPlugin({ lambda: 1 })] }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream);
      expect(strategy.parameters.every(Number.isFinite)).toBe(true);
    });
  });

  test("refuses a model without columns, several tasks at once, and a task whose column is frozen", async () => {
    expect(() => new PNNStrategy(makeOptions({ model: mlp(SMALL_MLP) }))).toThrow(
      'PNNStrategy needs a model with columns, as pnn() makes it, got "simple_mlp"',
    );
    await withStrategy(new JointTraining(createOptions()), async (strategy) => {
      const refused = await strategy.train(trainStream).then(() => "nothing", String);
      expect(refused).toContain("has the task labels 0, 1, 2, 3, and a progressive network learns one task at a time");
    });
    await withStrategy(new Naive(createOptions()), async (strategy) => {
      await strategy.train(trainStream.slice(0, 2));
      const refused = await strategy.train(trainStream.at(0)).then(() => "nothing", String);
      expect(refused).toContain("needs a new task or that of the newest column, 1, as older columns are frozen, got 0");
    });
  });
});
