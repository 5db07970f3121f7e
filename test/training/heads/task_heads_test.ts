import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { Cluster } from "../../../src/cluster/cluster.ts";
import { resolveClusterOptions } from "../../../src/cluster/cluster_options.ts";
import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import { copyToSharedFloat32, copyToSharedInt32 } from "../../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../../src/data/data_source.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { MultiHeadClassifier } from "../../../src/engine/tfjs/layers/multi_head_classifier.ts";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { EarlyStoppingPlugin } from "../../../src/methods/early_stopping/early_stopping_plugin.ts";
import { EWCPlugin } from "../../../src/methods/ewc/ewc_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import { restoreWeights } from "../../../src/models/model_snapshot.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { TASK_LABELS_NAME } from "../../../src/onnx/layers/input.ts";
import { Adagrad } from "../../../src/optimizers/adagrad.ts";
import { Adam, AdamW } from "../../../src/optimizers/adam.ts";
import type { Optimizer } from "../../../src/optimizers/optimizer.ts";
import { RMSprop } from "../../../src/optimizers/rmsprop.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { takeClusterModel } from "../../../src/training/model/model_cluster.ts";
import { expectResumable } from "../../methods/contract/resume_law.ts";
import { WORKER_COUNTS } from "../../support/cover_members.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../loop/made_strategy.ts";

/** What scripts/peers/heads_torch.py has recorded of PyTorch, in double precision. */
const recorded = z
  .object({
    rows: z.number(),
    tasks: z.array(z.array(z.number())),
    trained: z.record(z.string(), z.record(z.string(), z.array(z.number()))),
  })
  .parse(JSON.parse(readFileSync(new URL("heads.json", import.meta.url), "utf8")));

/** RMSprop divides by roots of the first few squares. */
const ROUNDING = 2e-6;
const FEATURES = 3;
const HEADS = 3;

const OPTIMIZERS: Readonly<Record<string, () => Optimizer>> = {
  sgd: () => new SGD({ learningRate: 0.3, momentum: 0.9, weightDecay: 0.01 }),
  adam: () => new Adam({ learningRate: 0.05 }),
  adamw: () => new AdamW({ learningRate: 0.05, weightDecay: 0.1 }),
  rmsprop: () => new RMSprop({ learningRate: 0.01, alpha: 0.9, momentum: 0.5 }),
  adagrad: () => new Adagrad({ learningRate: 0.05, learningRateDecay: 0.1 }),
};

/** 3-4 with three heads of two units, with the script's values. */
function makeModel(): tf.LayersModel {
  const x = tf.input({ shape: [FEATURES] });
  const labels = tf.input({ shape: [], dtype: "int32", name: TASK_LABELS_NAME });
  const hidden = tf.layers.dense({ units: 4, activation: "relu", name: "fc0" }).apply(x);
  const head = new MultiHeadClassifier({ name: "classifier", headUnits: Array(HEADS).fill(2), masking: false });
  const outputs = head.apply([hidden, labels].flat() as tf.SymbolicTensor[]) as tf.SymbolicTensor;
  const model = tf.model({ inputs: [x, labels], outputs });
  const sizes = [12, 4, HEADS * 8, HEADS * 2];
  const values = sizes.flatMap((size) => Array.from({ length: size }, (_, i) => 0.5 * Math.sin(i + 1) + 0.1));
  restoreWeights(model, { parameters: Float32Array.from(values), state: new Float32Array(HEADS * 2).fill(1) });
  return model;
}

/** The script's minibatch for these tasks. */
function makeMinibatch(tasks: readonly number[]): Dataset {
  const rows = Array.from({ length: recorded.rows }, (_, row) => row);
  const x = rows.map((row) => Float32Array.from({ length: FEATURES }, (_, i) => Math.cos(row * FEATURES + i + 1)));
  return Dataset.concat(
    rows.map((row) => {
      const taskLabel = tasks[row % tasks.length] ?? 0;
      const sample = { x: copyToSharedFloat32(x[row] ?? []), y: copyToSharedInt32([row % 2]), sampleShape: [FEATURES] };
      return Dataset.fromSource(createDataSource({ name: `row ${row}`, ...sample, taskLabel, transforms: [] }));
    }),
  );
}

/** Steps on the script's minibatches, in one command each or in three. Gives the parameters by name. */
async function train(optimizer: Optimizer, isFused: boolean): Promise<Record<string, number[]>> {
  const criterion = new CrossEntropyLoss();
  const options = resolveClusterOptions({ workers: 0, logicalShards: 2 });
  const cluster = await Cluster.start(takeClusterModel(makeModel(), { ofLogits: true }), options, {
    optimizer,
    seed: 1,
  });
  try {
    for (const [i, tasks] of recorded.tasks.entries()) {
      const samples = makeMinibatch(tasks);
      const request = { samples, training: true, dropoutStep: i };
      if (isFused) {
        const objective = criterion.createObjective(samples.targets, 2);
        await cluster.gradientStep(request, objective, { update: optimizer });
        continue;
      }
      const outputs = await cluster.forward(request);
      await cluster.backward(request, (await criterion.evaluate(outputs, samples.targets)).dOutput);
      await cluster.update(optimizer);
    }
    const { entries } = cluster.model.layout;
    return Object.fromEntries(entries.map((entry) => [entry.name, [...viewEntry(cluster.parameters, entry)]]));
  } finally {
    await cluster.close();
  }
}

function createMultiHead(options: Partial<StrategyOptions> = {}): Naive {
  const model = mlp({ ...SMALL_MLP, multiHead: true });
  const optimizer = new Adam({ learningRate: 0.02, weightDecay: 0.1 });
  return new Naive(makeOptions({ model, optimizer, ...options }));
}

/** Kernel and bias of the first task's head. */
function readFirstHead({ parameters, cluster }: BaseStrategy): number[] {
  return ["kernel", "bias"].flatMap((name) => {
    const entry = findEntry(cluster.model.layout, `classifier/${name}`);
    return [...viewEntry(parameters, entry).subarray(0, entry.size / (entry.shape[0] ?? 1))];
  });
}

/** The first head before and after the second experience. */
async function watchFirstHead(options: Partial<StrategyOptions>): Promise<number[][]> {
  const seen: number[][] = [];
  const noting = createListener(["beforeTrainingExp", "afterTrainingExp"], (_, strategy) => {
    seen.push(readFirstHead(strategy));
  });
  const plugins = [...(options.plugins ?? []), noting];
  const strategy = createMultiHead({ ...options, plugins });
  await withStrategy(strategy, () => strategy.train(makeBenchmark({ taskLabels: true }).trainStream));
  return seen.slice(2);
}

describe("heads of tasks", () => {
  for (const [name, create] of Object.entries(OPTIMIZERS)) {
    for (const isFused of [true, false]) {
      test(`are stepped by ${name} as PyTorch does, when a ${isFused ? "fused" : "split"} step has samples of some`, async () => {
        const trained = await train(create(), isFused);
        const wanted = recorded.trained[name] ?? {};
        expect(Object.keys(trained)).toEqual(Object.keys(wanted));
        for (const [parameter, values] of Object.entries(wanted)) {
          for (const [i, value] of values.entries()) {
            expect(Math.abs((trained[parameter]?.[i] ?? Number.NaN) - value)).toBeLessThan(ROUNDING);
          }
        }
      });
    }
  }

  test("stay as they are while other tasks are trained, to the bit", async () => {
    const [before, after] = await watchFirstHead({});
    expect(after).toEqual(before ?? []);
  });

  test("are trained with remembered samples", async () => {
    const [before, after] = await watchFirstHead({ plugins: [new ReplayPlugin({ memSize: 10 })] });
    expect(after).not.toEqual(before ?? []);
  });

  test("are trained where a plugin gives them a gradient", async () => {
    const pull = createListener(["afterBackward"], (_, { gradient, parameters }) => {
      for (const [i, value] of parameters.entries()) gradient[i] = (gradient[i] ?? 0) + value;
    });
    const [before, after] = await watchFirstHead({ plugins: [pull] });
    expect(after).not.toEqual(before ?? []);
  });

  for (const isFused of [true, false]) {
    test(`make a step where a penalty gives them a gradient, when steps are ${isFused ? "fused" : "split"}`, async () => {
      const splitting = isFused ? [] : [createListener(["beforeUpdate"], () => {})];
      const strategy = createMultiHead({ plugins: [new EWCPlugin({ lambda: 1 }), ...splitting] });
      await withStrategy(strategy, async () => {
        await strategy.train(makeBenchmark({ taskLabels: true }).trainStream);
        expect([...strategy.cluster.taskSteps.save().values()]).toEqual([4, 2]);
      });
    });
  }

  test("give the same bits on any number of workers, and with a group of their own", async () => {
    const endings: Float32Array[] = [];
    const groups = [{ parameters: "classifier" }];
    for (const workers of WORKER_COUNTS) {
      for (const own of [{}, { groups }]) {
        const optimizer = new Adam({ learningRate: 0.02, ...own });
        const cluster = { workers, logicalShards: 2 };
        endings.push(
          await trainParameters(createMultiHead({ optimizer, cluster }), makeBenchmark({ taskLabels: true })),
        );
      }
    }
    for (const ending of endings.slice(1)) expect(ending).toEqual(endings[0] ?? new Float32Array());
  });

  test("are in checkpoints with their steps: a run goes on identically", async () => {
    const benchmark = makeBenchmark({ taskLabels: true });
    await expectResumable(() => createMultiHead({ trainEpochs: 2 }), benchmark, { iterations: [1, 3, 6] });
  });

  test("go back to the steps of the best epoch with early stopping", async () => {
    // No epoch after the first is better by 1.
    const plugins = [new EarlyStoppingPlugin({ patience: 9, valStreamName: "train", margin: 1 })];
    const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ epoch: true }) });
    const strategy = createMultiHead({ trainEpochs: 3, plugins, evaluator });
    await withStrategy(strategy, async () => {
      await strategy.train(makeBenchmark({ taskLabels: true }).trainStream);
      expect([...strategy.cluster.taskSteps.save().values()]).toEqual([2, 2]);
    });
  });

  test("have made all of a run's steps, when its checkpoint says nothing of them", async () => {
    await withStrategy(createMultiHead(), async (strategy) => {
      await strategy.train(makeBenchmark({ taskLabels: true }).trainStream);
      expect([...strategy.cluster.taskSteps.save().values()]).toEqual([2, 2]);
      strategy.cluster.taskSteps.restore(strategy.cluster.stepCount);
      expect([...strategy.cluster.taskSteps.save().values()]).toEqual([4, 4]);
      strategy.cluster.resetOptimizer();
      expect([...strategy.cluster.taskSteps.save().values()]).toEqual([0, 0]);
    });
  });
});
