/**
 * A program of its own, `webgpu_steps.ts ENGINE DEVICE`: trains a small convolutional model for some steps on a replica
 * on that device, and prints its parameters and what it then answers as one line of JSON. It has a process to itself
 * because Vulkan's driver is chosen by the environment a process starts with, and because a driver may end the process.
 */
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import { RandomStream } from "../../src/core/random_stream.ts";
import { copyToSharedInt32, createSharedFloat32 } from "../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../src/data/data_source.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { initializeLikePyTorch } from "../../src/models/model_initialization.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { createClassIncrementalBenchmark } from "../../src/streams/benchmarks/class_incremental.ts";

const SAMPLE_SHAPE: [number, number, number] = [8, 8, 2];
const CLASSES = 3;
const SAMPLES = 48;

/**
 * What a small image model has, and what onnxruntime's provider got wrong: pools, grouped gradients, activations in a
 * row.
 */
function createModel(): tf.LayersModel {
  const { layers } = tf;
  const model = tf.sequential({
    layers: [
      layers.conv2d({ name: "conv", filters: 4, kernelSize: 3, activation: "tanh", inputShape: SAMPLE_SHAPE }),
      layers.reLU({ name: "relu" }),
      layers.maxPooling2d({ name: "pool", poolSize: 3, strides: 2 }),
      layers.depthwiseConv2d({ name: "depthwise", depthMultiplier: 2, kernelSize: 2 }),
      layers.batchNormalization({ name: "norm" }),
      layers.dropout({ name: "dropout", rate: 0.25 }),
      layers.flatten({ name: "flatten" }),
      layers.dense({ name: "classifier", units: CLASSES }),
    ],
  });
  initializeLikePyTorch(model, new RandomStream(0, "init"));
  return model;
}

function makeSamples(): Dataset {
  const random = new RandomStream(1, "samples");
  const x = createSharedFloat32(SAMPLE_SHAPE.reduce((product, length) => product * length, SAMPLES));
  for (let i = 0; i < x.length; i++) x[i] = random.normal();
  const y = copyToSharedInt32(Array.from({ length: SAMPLES }, (_, row) => row % CLASSES));
  const source = { name: "made images", x, y, sampleShape: SAMPLE_SHAPE, taskLabel: 0, transforms: [] };
  return Dataset.fromSource(createDataSource(source));
}

const [, , engine = "", device = ""] = process.argv;
if (engine !== "onnxruntime" && engine !== "tfjs") throw new RangeError(`Cannot train with the engine "${engine}"`);
const samples = makeSamples();
const { trainStream } = createClassIncrementalBenchmark({
  name: "made",
  experiences: 1,
  numClasses: CLASSES,
  sampleShape: SAMPLE_SHAPE,
  normalization: { scale: 1, mean: [], std: [] },
  train: samples,
  test: samples,
});
const strategy = new Naive({
  model: createModel(),
  optimizer: new SGD({ learningRate: 0.05, momentum: 0.9 }),
  trainMbSize: 16,
  evaluator: null,
  cluster: { workers: 1, engine, devices: [device] },
});
await strategy.train(trainStream);
const parameters = [...strategy.parameters];
const outputs = [...(await strategy.forwardWith(strategy.parameters, samples)).data];
await strategy.close();
process.stdout.write(`${JSON.stringify({ parameters, outputs })}\n`);
