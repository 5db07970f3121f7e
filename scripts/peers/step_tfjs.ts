/**
 * Training steps of SimpleMLP with TF.js as it comes, on its wasm backend: none of this library's engine, kernels or
 * optimizers. Parameter: the batch size. Request: {"steps": n}; answer: {"msPerStep"}.
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { TypeRefusal } from "../../src/core/errors/errors.ts";
import { RandomStream } from "../../src/core/random_stream.ts";
import { readSamples } from "../../src/data/read_samples.ts";
import { simpleMLP } from "../../src/models/simple_mlp.ts";
import { splitMNIST } from "../../src/streams/benchmarks/split_mnist.ts";
import { readNumber } from "../bench/contestants/peer_process.ts";
import { serveLines } from "./serve_lines.ts";

const batchSize = Number(process.argv[2]);
setWasmPaths(fileURLToPath(new URL("./", import.meta.resolve("@tensorflow/tfjs-backend-wasm"))));
setThreadsCount(1);
await tf.setBackend("wasm");

const model = simpleMLP();
const optimizer = tf.train.momentum(0.01, 0.9);
const benchmark = await splitMNIST({ experiences: 1 });
const { dataset } = benchmark.trainStream.at(0);
const random = new RandomStream(0, "bench");

await serveLines({ tfjs: tf.version.tfjs }, async (request) => {
  const steps = readNumber(request, "steps");
  const began = performance.now();
  for (let step = 0; step < steps; step++) await trainOnce();
  return { msPerStep: (performance.now() - began) / steps };
});

async function trainOnce(): Promise<void> {
  const samples = dataset.subset(Array.from({ length: batchSize }, () => random.integer(dataset.length)));
  const { data, shape } = readSamples(samples);
  const x = tf.tensor(data, [...shape]);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(samples.targets.slice(), "int32"), 10));
  const loss = optimizer.minimize(() => {
    const logits = model.apply(x, { training: true });
    if (!(logits instanceof tf.Tensor)) throw new TypeRefusal("Cannot train: the model has not one output");
    return tf.losses.softmaxCrossEntropy(y, logits).asScalar();
  }, true);
  await loss?.data();
  tf.dispose([x, y, ...(loss ? [loss] : [])]);
}
