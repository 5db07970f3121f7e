import { afterAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { Naive } from "../../src/methods/naive/naive.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { directoryBenchmark } from "../../src/streams/benchmarks/directory/directory_benchmark.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeNpy } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const ROWS = 40;

/** Sequences [40, …shape] of two classes, in one experience. */
function makeSequences(shape: readonly number[]): Promise<string> {
  const size = shape.reduce((product, length) => product * length, 1);
  const x = Array.from({ length: ROWS * size }, (_, i) => Math.sin(i * (1 + (Math.floor(i / size) % 2))));
  const labels = Array.from({ length: ROWS }, (_, i) => i % 2);
  const [xFile, yFile] = [makeNpy(x, { shape: [ROWS, ...shape] }), makeNpy(labels, { descr: "<i8" })];
  return makeFolder({ "train/a/x.npy": xFile, "train/a/y.npy": yFile, "test/a/x.npy": xFile, "test/a/y.npy": yFile });
}

/** Conv1D or LSTM on samples of this shape. */
function createModel(inputShape: readonly number[], kind: "conv" | "lstm"): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 3 });
  const first =
    kind === "conv"
      ? [
          tf.layers.conv1d({ inputShape: [...inputShape], filters: 3, kernelSize: 3, kernelInitializer }),
          tf.layers.flatten(),
        ]
      : [
          tf.layers.lstm({
            inputShape: [...inputShape],
            units: 3,
            kernelInitializer,
            recurrentInitializer: tf.initializers.glorotUniform({ seed: 5 }),
          }),
        ];
  return tf.sequential({ layers: [...first, tf.layers.dense({ units: 2, kernelInitializer })] });
}

describe("arrays of sequences", () => {
  for (const kind of ["conv", "lstm"] as const) {
    test(`reach a model of sequences in both engines: ${kind}`, async () => {
      for (const [shape, inputShape] of [
        [
          [9, 4],
          [9, 4],
        ],
        [[9], [9, 1]],
      ] as const) {
        const path = await makeSequences(shape);
        const outputs: number[][] = [];
        for (const [engine, layout] of [
          ["onnxruntime", undefined],
          ["tfjs", undefined],
          ["onnxruntime", "sequence"],
        ] as const) {
          const benchmark = await directoryBenchmark({ path, ...(layout ? { layout } : {}) });
          const images = shape.length === 2 && !layout ? [...shape, 1] : [...shape];
          expect(benchmark.sampleShape).toEqual(images);
          await using strategy = new Naive({
            model: createModel(inputShape, kind),
            optimizer: new SGD({ learningRate: 0.1 }),
            trainMbSize: 10,
            evaluator: null,
            cluster: { workers: 0, engine },
          });
          await strategy.train(benchmark.trainStream);
          await strategy.eval(benchmark.testStream);
          const { values } = await strategy.predict(benchmark.testStream.at(0).dataset);
          outputs.push(Array.from(values.data));
        }
        const [own = [], other = [], said = []] = outputs;
        expect(said).toEqual(own);
        expect(Math.max(...own.map((value, i) => Math.abs(value - (other[i] ?? 0))))).toBeLessThan(1e-5);
      }
    });
  }

  test("train, export and are evaluated from the command line, with a model from a file and with one of the data's shape", async () => {
    const [path, runs] = [await makeSequences([9, 4]), await makeFolder({})];
    const file = join(runs, "model.json");
    const { modelTopology, weightSpecs, weightData } = await new Promise<tf.io.ModelArtifacts>((resolve) => {
      void createModel([9, 4], "conv").save(
        tf.io.withSaveHandler(async (artifacts) => {
          resolve(artifacts);
          return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
        }),
      );
    });
    const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
    await writeFile(file, JSON.stringify({ modelTopology, weightsManifest }));
    await writeFile(join(runs, "weights.bin"), new Uint8Array(weightData as ArrayBuffer));
    const module = join(runs, "model.ts");
    const address = import.meta.resolve("@tensorflow/tfjs");
    await writeFile(
      module,
      `import * as tf from ${JSON.stringify(address)};
export const createModel = ({ inputShape, numClasses }) => tf.sequential({ layers: [
  tf.layers.lstm({ inputShape, units: 3 }), tf.layers.dense({ units: numClasses }),
] });`,
    );
    for (const [name, words] of [
      ["file", ["--benchmark", `directory:path=${path}`, "--model", `path=${file}`]],
      ["module", ["--benchmark", `directory:path=${path},layout=sequence`, "--model", `path=${module}`]],
    ] as const) {
      const out = join(runs, name);
      const { status, stderr } = await captureCli(["train", ...words, "--workers", "0", "--quiet", "--out", out]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      const { final } = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
      const evaluated = await captureCli(["evaluate", "--model", join(out, "onnx/latest.onnx"), ...words.slice(0, 2)]);
      expect(evaluated.stderr).toBe("");
      expect(JSON.parse(evaluated.stdout).streamAccuracy).toBe(final.streamAccuracy);
    }
  }, 60_000);
});
