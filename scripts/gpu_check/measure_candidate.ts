import type * as tf from "@tensorflow/tfjs";
import type { ClusterOptions } from "../../src/cluster/cluster_options.ts";
import { describeCause } from "../../src/core/errors/errors.ts";
import { RandomStream } from "../../src/core/random_stream.ts";
import { createSharedFloat32, createSharedInt32 } from "../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../src/data/data_source.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { createEngine, prepareModel } from "../../src/engine/create_engine.ts";
import { DOUBLE_DEVICE } from "../../src/engine/device/double_driver.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import { simpleMLP } from "../../src/models/simple_mlp.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { createClassIncrementalBenchmark } from "../../src/streams/benchmarks/class_incremental.ts";
import { CrossEntropyLoss } from "../../src/training/losses/cross_entropy_loss.ts";
import { LibrarySteps } from "../bench/contestants/library_steps.ts";
import { interleave } from "../bench/interleave.ts";
import { median } from "../bench/statistics.ts";
import type { Workload } from "../bench/suites/workloads.ts";
import { type CheckModel, type CheckSizes, listModels } from "./check_models.ts";
import {
  type Candidate,
  compareGradients,
  type GradientParity,
  type Measurement,
  type ShortRun,
  type StepTime,
} from "./gpu_report.ts";

const CPU: Candidate = { engine: "onnxruntime", device: "cpu" };
const CLASSES = 10;
/** Drivers may compile shaders for a long time. */
const SILENCE_TIMEOUT_MS = 120_000;
/** One guess in ten is right by chance. */
const LEARNED_ACCURACY = 0.8;

/** Rows of a large model whose gradient is compared with the processor's. */
const COMPARED_ROWS = 2;

/**
 * Loads the candidate and measures it against the CPU. A model that it cannot compute is told of, and the others go on.
 * @param networks The folder of networks from files; "" where there are none.
 * @throws {Error} If it can compute none: the engine or the device is not there.
 */
export async function measureCandidate(candidate: Candidate, sizes: CheckSizes, networks = ""): Promise<Measurement> {
  const gradients: GradientParity[] = [];
  const steps: StepTime[] = [];
  const failures: string[] = [];
  let name = "";
  for (const model of listModels(candidate, sizes, networks)) {
    try {
      const rows = model.isLarge ? Math.min(COMPARED_ROWS, model.batchSize) : model.batchSize;
      const compared = await compareWithCpu(model, candidate, rows);
      name = compared.name;
      gradients.push(compared.parity);
      steps.push(await timeSteps(model, candidate, sizes));
    } catch (error) {
      failures.push(`${model.name}: ${describeCause(error)}`);
    }
  }
  if (gradients.length === 0) throw new Error(failures.join("; "));
  return { name, steps, gradients, failures, run: await trainShortly(candidate, sizes) };
}

async function compareWithCpu(
  model: CheckModel,
  candidate: Candidate,
  batchSize: number,
): Promise<{ name: string; parity: GradientParity }> {
  const built = model.createModel();
  const samples = makeSamples(model.sampleShape, batchSize);
  const own = await computeGradient(candidate, built, samples);
  const reference = await computeGradient(CPU, built, samples);
  built.dispose();
  return { name: own.name, parity: compareGradients(model.name, own.gradient, reference.gradient) };
}

async function computeGradient(
  { engine: kind, device }: Candidate,
  model: tf.LayersModel,
  samples: { readonly x: Float32Array; readonly y: Int32Array; readonly sampleShape: readonly number[] },
): Promise<{ name: string; gradient: Float32Array }> {
  const { topology, parameters, state } = flattenWeights(model);
  const engine = await createEngine({ model: await prepareModel(kind, topology), device });
  const rows = samples.y.length;
  const objective = new CrossEntropyLoss().createObjective(samples.y, CLASSES);
  const targets = new Float32Array(rows * CLASSES);
  const weights = new Float32Array(rows);
  objective.write(targets, weights);
  const gradient = new Float32Array(parameters.length);
  await engine.gradient(
    { parameters, state },
    {
      x: { data: samples.x.slice(), shape: [rows, ...samples.sampleShape] },
      taskLabels: new Int32Array(rows),
      mode: "train",
      dropoutKey: { seed: 0, step: 0, shard: 0 },
    },
    { kind: objective.kind, targets, weights },
    { outputs: new Float32Array(rows * CLASSES), losses: new Float32Array(rows), gradient },
  );
  await engine.close();
  return { name: engine.name, gradient };
}

/** Times training steps on the candidate: with and without pinned memory where it is a device, and on the processor. */
export async function timeSteps(model: CheckModel, candidate: Candidate, sizes: CheckSizes): Promise<StepTime> {
  const { steps, repetitions } = sizes;
  const { batchSize } = model;
  const data = makeDataset(`${model.name} samples`, makeSamples(model.sampleShape, 4 * batchSize));
  const workload: Workload = {
    ...model,
    peerModel: "simple-mlp",
    isSlow: false,
    loadData: async () => data,
  };
  const open = ({ engine, device }: Candidate, options: ClusterOptions = {}) =>
    LibrarySteps.open({
      workload,
      batchSize,
      steps,
      cluster: { workers: 1, engine, devices: [device], silenceTimeoutMs: SILENCE_TIMEOUT_MS, ...options },
    });
  const own = await open(candidate);
  const pinned = canPin(candidate) ? await open(candidate, { cuda: { pinnedMemory: true } }) : undefined;
  const cpu = model.isLarge ? undefined : await open(CPU);
  const contestants = [own, pinned, cpu].filter((contestant) => contestant !== undefined);
  const signal = new AbortController().signal;
  const times = await interleave(contestants, { repetitions, warmups: 1, signal });
  const medianOf = (contestant: LibrarySteps) => median(times[contestants.indexOf(contestant)] ?? []);
  const traffic = await pinned?.readTraffic();
  for (const contestant of contestants) await contestant.close();
  return {
    model: model.name,
    batchSize,
    milliseconds: medianOf(own),
    cpuMilliseconds: cpu ? medianOf(cpu) : null,
    pinned: pinned
      ? {
          milliseconds: medianOf(pinned),
          bytes: traffic?.pinnedBytes ?? 0,
          refusal: traffic?.pinRefusal ?? null,
        }
      : null,
  };
}

/** Whether the device has memory of its own, to which the C API copies. */
function canPin({ engine, device }: Candidate): boolean {
  return engine === "onnxruntime" && (device.startsWith("cuda") || device === DOUBLE_DEVICE);
}

async function trainShortly({ engine, device }: Candidate, { batchSize, steps }: CheckSizes): Promise<ShortRun> {
  const sampleShape = [28, 28, 1];
  const train = makeDataset("train", makeSamples(sampleShape, Math.max(640, steps * batchSize)));
  const test = makeDataset("test", makeSamples(sampleShape, 500));
  const normalization = { scale: 1, mean: [], std: [] };
  const parts = { name: "made", experiences: 1, numClasses: CLASSES, sampleShape, normalization };
  const { trainStream, testStream } = createClassIncrementalBenchmark({ ...parts, train, test });
  const began = performance.now();
  await using strategy = new Naive({
    model: simpleMLP(),
    optimizer: new SGD({ learningRate: 0.01, momentum: 0.9 }),
    trainMbSize: Math.min(32, batchSize),
    evaluator: null,
    cluster: { workers: 1, engine, devices: [device], silenceTimeoutMs: SILENCE_TIMEOUT_MS },
  });
  await strategy.train(trainStream);
  const seconds = (performance.now() - began) / 1000;
  const samples = testStream.at(0).dataset;
  const output = await strategy.forwardWith(strategy.parameters, samples);
  const accuracy = countCorrect(output.data, samples.targets) / samples.length;
  return { seconds, accuracy, hasLearned: accuracy > LEARNED_ACCURACY };
}

function countCorrect(outputs: Float32Array, targets: Int32Array): number {
  let correct = 0;
  for (const [row, target] of targets.entries()) {
    const scores = outputs.subarray(row * CLASSES, (row + 1) * CLASSES);
    if (scores.indexOf(Math.max(...scores)) === target) correct += 1;
  }
  return correct;
}

/** The same cluster centres at each call, so that what was learned on some samples holds for others. */
function makeSamples(sampleShape: readonly number[], count: number) {
  const size = sampleShape.reduce((product, length) => product * length, 1);
  const centres = new RandomStream(0, "gpu-check-centres");
  const means = Float32Array.from({ length: CLASSES * size }, () => centres.normal() / 4);
  const noise = new RandomStream(count, "gpu-check-noise");
  const x = createSharedFloat32(count * size);
  const y = createSharedInt32(count);
  for (let row = 0; row < count; row++) {
    const label = row % CLASSES;
    y[row] = label;
    for (let i = 0; i < size; i++) x[row * size + i] = (means[label * size + i] ?? 0) + noise.normal();
  }
  return { x, y, sampleShape };
}

function makeDataset(name: string, samples: ReturnType<typeof makeSamples>): Dataset {
  return Dataset.fromSource(createDataSource({ name, ...samples, taskLabel: 0, transforms: [] }));
}
