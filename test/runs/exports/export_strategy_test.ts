import { describe, expect, test } from "bun:test";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { NCMPlugin } from "../../../src/methods/ncm/ncm_plugin.ts";
import { PackNetPlugin } from "../../../src/methods/pack_net/pack_net_plugin.ts";
import { SCR } from "../../../src/methods/scr/scr_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { decodeModel } from "../../../src/onnx/file/decode_model.ts";
import { exportStrategy } from "../../../src/runs/exports/export_strategy.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

/** What the file of a strategy holds, once it was trained on the first experience. */
async function describeFile(
  create: (options: StrategyOptions) => BaseStrategy,
  {
    taskLabels = false,
    metadata = {},
  }: { readonly taskLabels?: boolean; readonly metadata?: Record<string, string> } = {},
) {
  const benchmark = makeBenchmark({ taskLabels });
  return withStrategy(create(makeOptions()), async (strategy) => {
    const experience = benchmark.trainStream.at(0);
    await strategy.train(experience);
    const { bytes } = await exportStrategy(strategy, { benchmark, experience, metadata });
    return decodeModel(bytes);
  });
}

describe("exportStrategy()", () => {
  test("says what the logits are, beside the caller's metadata, when the network is all or has a head", async () => {
    const metadata = { "firn.experience": "0" };
    const bare = await describeFile((options) => new Naive(options), { metadata });
    expect(bare.metadata).toMatchObject({ ...metadata, "firn.head": JSON.stringify([{ kind: "network" }]) });
    expect(bare.graph.nodes.map(({ op }) => op)).toEqual(["Gemm", "Relu", "Gemm"]);
    const withMeans = await describeFile((options) => new Naive({ ...options, plugins: [new NCMPlugin()] }));
    const head = { kind: "nearestMean", layerName: "dropout0", normalize: true };
    expect(JSON.parse(withMeans.metadata["firn.head"] ?? "")).toEqual([{ kind: "network" }, head]);
  });

  test("says how many classes a network can learn whose outputs are classes and do not grow", async () => {
    const most = async (create: (options: StrategyOptions) => BaseStrategy) =>
      (await describeFile(create)).metadata["firn.most_classes"];
    const model = (more: object) => mlp({ ...SMALL_MLP, ...more });
    expect(await most((options) => new Naive({ ...options, model: model({ numClasses: 9 }) }))).toBe("9");
    expect(await most((options) => new Naive({ ...options, model: model({ incremental: true }) }))).toBeUndefined();
    expect(await most((options) => new SCR({ ...options, model: model({}), memSize: 20 }))).toBeUndefined();
  });

  test("makes logits [N, classes], when the network's outputs are an embedding of another width", async () => {
    for (const numClasses of [2, 9]) {
      const model = () => mlp({ ...SMALL_MLP, numClasses });
      const { graph } = await describeFile((options) => new SCR({ ...options, model: model(), memSize: 20 }));
      expect(graph.outputs).toEqual([{ name: "logits", shape: ["N", 4], dataType: "float32" }]);
    }
  });

  test("has a head for every task of the test stream, when none of them was evaluated before", async () => {
    const create = (options: StrategyOptions) => {
      return new Naive({ ...options, model: mlp({ ...SMALL_MLP, multiHead: true }) });
    };
    const { graph } = await describeFile(create, { taskLabels: true });
    const kernel = graph.initializers.find(({ name }) => name === "classifier/kernel");
    // The heads of both tasks stand side by side: [features, tasks · units].
    expect(kernel?.shape).toEqual([8, 2 * 4]);
  });

  test("takes task labels from the first experience on, when parameters depend on the task", async () => {
    const plugin = () => new PackNetPlugin({ postPruneEpochs: 0 });
    const create = (options: StrategyOptions) => new Naive({ ...options, plugins: [plugin()] });
    const listInputs = async (taskLabels: boolean) => (await describeFile(create, { taskLabels })).graph.inputs;
    expect((await listInputs(true)).map(({ name }) => name)).toEqual(["input", "task_labels"]);
    expect((await listInputs(false)).map(({ name }) => name)).toEqual(["input"]);
  });

  test("throws, when a plugin says that it predicts in another way than it does", async () => {
    const head = { kind: "affine", classes: new Set([0]), alpha: 1, beta: 100 } as const;
    const liar: StrategyPlugin = { name: "liar", predictionHead: () => head };
    await expect(describeFile((options) => new Naive({ ...options, plugins: [liar] }))).rejects.toThrow(
      /the exported model needs/,
    );
  });
});
