import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { viewEntry } from "../../../../src/core/parameter_layout.ts";
import { RandomStream } from "../../../../src/core/random_stream.ts";
import { createArrayDataset } from "../../../../src/data/array_dataset.ts";
import { Naive } from "../../../../src/methods/naive/naive.ts";
import { lora } from "../../../../src/models/lora.ts";
import { restoreWeights } from "../../../../src/models/model_snapshot.ts";
import { onnxModel } from "../../../../src/models/onnx_model.ts";
import type { OnnxModelOptions } from "../../../../src/models/options.ts";
import { findFrozenPart } from "../../../../src/onnx/topology/find_frozen_part.ts";
import { Adam } from "../../../../src/optimizers/adam.ts";
import { createDatasetBenchmark } from "../../../../src/streams/benchmarks/dataset_benchmark.ts";
import { makeImages } from "../made_images.ts";
import { computeModel, fillAdapters, makeLabels, maxDifference, meanLoss, takeApart } from "./adapted_model.ts";

/** What scripts/peers/lora_torch.py has recorded of PyTorch. */
const numbers = z.array(z.number());
const recorded = z
  .object({
    rank: z.number(),
    alpha: z.number(),
    rate: z.number(),
    steps: z.number(),
    before: numbers,
    logits: numbers,
    gradients: z.record(z.string(), numbers),
    trained: z.record(z.string(), numbers),
  })
  .parse(JSON.parse(readFileSync(new URL("adapted.json", import.meta.url), "utf8")));

const path = new URL("adapted.onnx", import.meta.url).pathname;
const [ROWS, SIDE] = [3, 5];
const images = { data: makeImages(ROWS, SIDE), shape: [ROWS, SIDE, SIDE, 3] };
const adapter = lora({ rank: recorded.rank, alpha: recorded.alpha });

function makeModel(options: OnnxModelOptions = {}) {
  const shared = { path, head: "keep", layout: "nchw", inputShape: [SIDE, SIDE, 3] } as const;
  return onnxModel({ ...shared, trainable: ["fc.*"], adapter, ...options });
}

/** Small networks, of which adapters are in all products. */
const NETWORKS = [
  ["resnet.dynamo.onnx", 12],
  ["mobilenet_v3.legacy.onnx", 16],
  ["vit.legacy.onnx", 8],
  ["vit.dynamo.onnx", 8],
  ["swin.legacy.onnx", 12],
  ["encoder.legacy.onnx", 3],
] as const;

describe("addAdapters()", () => {
  test("gives the network's own logits before training, and PyTorch's logits and gradients with values of A and B", async () => {
    const model = takeApart(makeModel());
    const start = await computeModel(model, images);
    expect(maxDifference(start.outputs, recorded.before)).toBeLessThan(1e-6);
    fillAdapters(model, "lora_A", "lora_B");
    const results = await computeModel(model, images);
    expect(maxDifference(results.outputs, recorded.logits)).toBeLessThan(1e-5);
    expect(maxDifference(recorded.logits, recorded.before)).toBeGreaterThan(0.05);
    const names = model.spec.layout.entries.map(({ name }) => name.replace("network/", ""));
    expect(names.toSorted()).toEqual(Object.keys(recorded.gradients).toSorted());
    for (const [name, wanted] of Object.entries(recorded.gradients)) {
      const largest = Math.max(...wanted.map(Math.abs));
      expect(largest).toBeGreaterThan(0);
      expect(maxDifference(results.gradientOf(`network/${name}`), wanted)).toBeLessThan(1e-5 * largest + 1e-7);
    }
  });

  test("draws A from U(−1/√in, 1/√in) by a stream of its own, in the network's order", () => {
    const { spec, parameters } = takeApart(makeModel({ seed: 11 }));
    const stream = new RandomStream(11, "adapters");
    const drawn = spec.layout.entries.filter(({ name }) => name.endsWith(".lora_A"));
    expect(drawn.length).toBeGreaterThan(1);
    for (const entry of drawn) {
      const bound = 1 / Math.sqrt(Number(entry.shape[1]));
      const wanted = Float32Array.from({ length: entry.size }, () => (2 * stream.uniform() - 1) * bound);
      expect(viewEntry(parameters, entry)).toEqual(wanted);
    }
  });

  test("is trained as PyTorch trains A, B and the classifier with Adam", async () => {
    const model = makeModel();
    const { spec, parameters, state } = takeApart(makeModel());
    fillAdapters({ spec, parameters }, "lora_A");
    restoreWeights(model, { parameters, state });
    const dataset = createArrayDataset({
      name: "images",
      x: images.data,
      y: makeLabels(ROWS),
      sampleShape: [SIDE, SIDE, 3],
    });
    const strategy = new Naive({
      model,
      optimizer: new Adam({ learningRate: recorded.rate }),
      trainMbSize: ROWS,
      trainEpochs: recorded.steps,
      evaluator: null,
      cluster: { workers: 0, engine: "onnxruntime" },
    });
    await strategy.train(
      createDatasetBenchmark({ name: "images", train: [dataset], test: [dataset], numClasses: 5 }).trainStream,
    );
    for (const { name, offset, size } of spec.layout.entries) {
      const trained = strategy.parameters.subarray(offset, offset + size);
      const wanted = recorded.trained[name.replace("network/", "")] ?? [];
      expect({ name, isNear: maxDifference(trained, wanted) < 1e-6 }).toEqual({ name, isNear: true });
    }
    await strategy.close();
  });

  for (const [file, side] of NETWORKS) {
    test(`changes no logit of ${file} before training, and its gradients are those of finite differences`, async () => {
      const own = new URL(`../networks/${file}`, import.meta.url).pathname;
      const shared = { path: own, head: "keep", layout: "nchw", inputShape: [side, side, 3] } as const;
      const x = { data: makeImages(ROWS, side), shape: [ROWS, side, side, 3] };
      const plain = await computeModel(takeApart(onnxModel({ ...shared, trainable: ["last:1"] })), x);
      const adapted = takeApart(onnxModel({ ...shared, adapter: lora({ rank: 2, alpha: 4 }) }));
      const { entries } = adapted.spec.layout;
      expect(entries.length).toBeGreaterThan(0);
      expect(entries.every(({ name }) => /\.lora_[AB]$/.test(name))).toBe(true);
      expect(maxDifference((await computeModel(adapted, x)).outputs, plain.outputs)).toBeLessThan(1e-6);
      fillAdapters(adapted, "lora_B");
      const { gradient, outputs } = await computeModel(adapted, x);
      expect(maxDifference(outputs, plain.outputs)).toBeGreaterThan(1e-3);
      const { parameters } = adapted;
      const random = new RandomStream(5, "directions");
      // Along one direction for all A, and one for all B.
      for (const kind of ["lora_A", "lora_B"]) {
        const direction = new Float32Array(parameters.length);
        for (const { name, offset, size } of entries) {
          if (!name.endsWith(kind)) continue;
          for (let i = 0; i < size; i++) direction[offset + i] = random.normal();
        }
        const lossAt = async (step: number) => {
          const moved = parameters.map((value, i) => value + step * (direction[i] ?? 0));
          return meanLoss((await computeModel({ ...adapted, parameters: moved }, x)).outputs);
        };
        const step = 2e-3;
        const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
        const given = gradient.reduce((sum, value, i) => sum + value * (direction[i] ?? 0), 0);
        expect(Math.abs(given)).toBeGreaterThan(1e-4);
        expect(Math.abs(slope - given)).toBeLessThan(0.02 * Math.abs(given) + 3e-4);
      }
    });
  }

  test("draws A from U(−1/√in, 1/√in) by the seed, leaves the classifier's draws alone, and begins B at 0", () => {
    const make = (options: OnnxModelOptions) =>
      takeApart(makeModel({ head: "replace", trainable: ["none"], numClasses: 5, ...options }));
    const [a, again, other] = [make({ seed: 1 }), make({ seed: 1 }), make({ seed: 2 })];
    expect(again.parameters).toEqual(a.parameters);
    const view = ({ spec, parameters }: typeof a, ending: string) =>
      spec.layout.entries.flatMap(({ name, offset, size }) =>
        name.endsWith(ending) ? [...parameters.subarray(offset, offset + size)] : [],
      );
    expect(view(other, "lora_A")).not.toEqual(view(a, "lora_A"));
    expect(view(a, "lora_B").every((value) => value === 0)).toBe(true);
    const plain = takeApart(
      makeModel({ head: "replace", trainable: ["none"], numClasses: 5, seed: 1, adapter: undefined }),
    );
    expect(view(a, "kernel")).toEqual(view(plain, "kernel"));
    const wide = takeApart(makeModel({ adapter: lora({ rank: 6, target: ["mix.*"] }) }));
    const drawn = view(wide, "lora_A");
    expect(drawn.length).toBe(36);
    expect(Math.max(...drawn.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(6));
    expect(Math.max(...drawn.map(Math.abs))).toBeGreaterThan(0.8 / Math.sqrt(6));
  });

  test("trains A and B alone, beside what trainable names, and leaves what lies below the first of them frozen", () => {
    const names = (options: OnnxModelOptions) =>
      takeApart(makeModel(options)).spec.layout.entries.map(({ name }) => name);
    const ofHidden = ["network/hidden.weight.lora_A", "network/hidden.weight.lora_B"];
    expect(names({ trainable: undefined, adapter: lora({ rank: 2, target: ["hidden.*"] }) })).toEqual(ofHidden);
    // A weight that is trained has no adapter.
    const all = names({ trainable: ["mix.*", "fc.*"], adapter });
    expect(all.filter((name) => name.includes("lora"))).toEqual([
      "network/point.weight.lora_A",
      "network/point.weight.lora_B",
      ...ofHidden,
    ]);
    expect(all.slice(0, 4)).toEqual(["network/mix.weight", "network/mix.bias", "network/fc.weight", "network/fc.bias"]);
    const { spec, topology } = takeApart(
      makeModel({ trainable: ["none"], adapter: lora({ rank: 2, target: ["/hidden/Gemm"] }) }),
    );
    expect(findFrozenPart(spec, topology)).toMatchObject({ layerName: "frozen", shape: [8] });
  });

  test("refuses what no adapters can be made of, in one sentence", () => {
    const network = (options: OnnxModelOptions) => () => makeModel(options).dispose();
    expect(network({ adapter: lora({ target: ["mix.*", "nothing*"] }) })).toThrow(
      "adapted.onnx: adapter target=nothing* fits none of its products' weights: point.weight, mix.weight, hidden.weight, fc.weight",
    );
    expect(network({ adapter: lora({ target: ["fc.weight"] }) })).toThrow(
      "adapted.onnx: adapter target=fc.weight fits only weights that trainable= trains already",
    );
    expect(network({ adapter: lora({ rank: 9 }) })).toThrow(
      "adapted.onnx: adapter rank must be at most 6 for point.weight [6, 3, 1, 1], got 9",
    );
    expect(() => lora({ rank: 0 })).toThrow("lora: rank must be at least 1, got 0");
    expect(() => lora({ alpha: 0 })).toThrow("lora: alpha must be above 0, got 0");
    expect(network({ adapter: { kind: "lora", rank: -1, alpha: 1, target: ["*"] } })).toThrow("rank must be");
    // Windows of more than one value are no products.
    const resnet = new URL("../networks/resnet.legacy.onnx", import.meta.url).pathname;
    const target = lora({ target: ["layer1.*"] });
    expect(network({ path: resnet, inputShape: [12, 12, 3], trainable: ["none"], adapter: target })).toThrow(
      "adapter target=layer1.* fits none of its products' weights: layer2.downsample.0.weight, fc.weight",
    );
  });
});
