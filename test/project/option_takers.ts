import { join } from "node:path";
import { createSharedInt32, createSharedUint8 } from "../../src/core/shared/shared_memory.ts";
import { prepareModel } from "../../src/engine/create_engine.ts";
import * as firn from "../../src/mod.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { makeDataset } from "../support/made_dataset.ts";
import { makeFolder } from "../support/made_idx.ts";
import { makeBenchmark, makeOptions } from "../training/loop/made_strategy.ts";

/** Something exported that takes an object of options. */
export interface OptionTaker {
  /** Calls or constructs it. Whatever comes of it is closed. */
  readonly call: (options: object) => unknown;
  /** Options with which it works; made anew for each call. */
  readonly needed: () => object;
  /** Options that take any value, or whose refusal does not name them: they say of what they are part. */
  readonly loose?: readonly string[];
  /** Why it is not called to the end here, where it is not. */
  readonly unfinished?: string;
}

const random = () => new firn.RandomStream(0, "made");
const dataset = () => makeDataset([0, 1, 0, 1]);
const normalization = { scale: 1, mean: [], std: [] };
const dealt = () => ({ name: "made", train: dataset(), test: dataset(), normalization, sampleShape: [1] });
const online = () => ({ experienceSize: 10, random: random() });
const topology = () => firn.flattenWeights(firn.mlp({ inputShape: [2], hiddenSize: 3 })).topology;

function makeSource(): firn.DataSource {
  const parts = { name: "made", sampleShape: [1], taskLabel: 0, transforms: [] };
  return firn.createDataSource({ ...parts, x: createSharedUint8(2), y: createSharedInt32(2) });
}

function makeMetric() {
  const mean = new firn.Mean();
  return { name: "made", metric: mean, update: () => {}, mode: "train", resetAt: "epoch", emitAt: "epoch" };
}

function makeExport(): object {
  const { parameters, state, topology } = firn.flattenWeights(firn.mlp({ inputShape: [2], hiddenSize: 3 }));
  return { spec: parseTopology(topology), parameters, state, metadata: {} };
}

async function makeRun(): Promise<object> {
  const createStrategy = (parts: object) => new firn.Naive({ ...makeOptions(), ...parts });
  // A run without its configuration is made.
  const directory = join(await makeFolder({}), "run");
  return { benchmark: makeBenchmark(), createStrategy, directory, config: {} };
}

/** Options without which a class cannot be made; those of strategies stand beside what every strategy needs. */
const NEEDED: Readonly<Record<string, () => object>> = {
  AGEM: () => ({ patternsPerExperience: 3 }),
  AGEMPlugin: () => ({ patternsPerExperience: 3 }),
  ClassBalancedBuffer: () => ({ maxSize: 4 }),
  EarlyStoppingPlugin: () => ({ patience: 1, valStreamName: "valid" }),
  EvaluationPlugin: () => ({ metrics: [] }),
  EWC: () => ({ lambda: 1 }),
  EWCPlugin: () => ({ lambda: 1 }),
  ExperienceBalancedBuffer: () => ({ maxSize: 4 }),
  GEM: () => ({ patternsPerExperience: 3 }),
  GEMPlugin: () => ({ patternsPerExperience: 3 }),
  GradientAccumulationPlugin: () => ({ minibatches: 2 }),
  GradientClippingPlugin: () => ({ maxNorm: 1 }),
  GroupBalancedDataLoader: () => ({ datasets: [dataset()], batchSize: 2, stream: random() }),
  GroupBalancedInfiniteDataLoader: () => ({ datasets: [dataset()], batchSize: 2, stream: random() }),
  IncrementalClassifier: () => ({ units: 2 }),
  JSONLinesLogger: () => ({ write: () => {} }),
  LAE: () => ({ parameters: ["fc0"] }),
  LatentReplayPlugin: () => ({ layerName: "fc0" }),
  LFL: () => ({ lambda: 1 }),
  LFLPlugin: () => ({ lambda: 1 }),
  LossScalingPlugin: () => ({ factor: 1 }),
  MultiHeadClassifier: () => ({ headUnits: [2] }),
  PackNet: () => ({ postPruneEpochs: 1, trainEpochs: 2 }),
  PackNetPlugin: () => ({ postPruneEpochs: 1 }),
  ParametricBuffer: () => ({ maxSize: 4 }),
  PNNStrategy: () => ({ model: firn.pnn({ inputShape: [6], hiddenSize: 4 }) }),
  ProgressiveNetwork: () => {
    return { hiddenLayers: 1, hiddenSize: 2, adapter: "mlp", laterals: "hidden", units: 2, tasks: [] };
  },
  ReplayDataLoader: () => ({ data: dataset(), memory: dataset(), batchSize: 2, stream: random() }),
  ReservoirSamplingBuffer: () => ({ maxSize: 4 }),
  SGD: () => ({ learningRate: 0.1 }),
  SingleDatasetDataLoader: () => ({ dataset: dataset(), batchSize: 2, stream: random() }),
  SynapticIntelligence: () => ({ lambda: 1 }),
  SynapticIntelligencePlugin: () => ({ lambda: 1 }),
  TaskBalancedDataLoader: () => ({ data: dataset(), batchSize: 2, stream: random() }),
  TensorBoardLogger: () => ({ folder: "never made" }),
  TextLogger: () => ({ write: () => {} }),
  TrainGeneratorAfterExpPlugin: () => ({ generatorStrategy: new firn.Naive(makeOptions()) }),
};

const FILES = "reads files";
const layer = {
  loose: ["dtype", "inputDType", "inputShape", "batchInputShape", "batchSize", "weights", "customObjects"],
};

/** What differs from a class that is made with `NEEDED`, or from a function of one argument that needs nothing. */
const SPECIAL: Readonly<Record<string, Partial<OptionTaker>>> = {
  checkExport: {
    call: (options) => firn.checkExport(new Uint8Array(), options as Parameters<typeof firn.checkExport>[1]),
    needed: () => ({ x: { data: new Float32Array(2), shape: [1, 2] }, expected: new Float32Array(2) }),
    unfinished: "runs a file",
  },
  convertExport: {
    call: (options) => firn.convertExport(new Uint8Array(), options as firn.ConversionOptions),
    loose: ["samples"],
    unfinished: FILES,
  },
  createArrayDataset: {
    needed: () => ({ name: "made", x: new Float32Array(2), y: [0, 1], sampleShape: [1] }),
    loose: ["taskLabel"],
  },
  createClassIncrementalBenchmark: { needed: () => ({ ...dealt(), experiences: 2 }) },
  createDataSource: { needed: makeSource, loose: ["id", "taskLabel"] },
  createDatasetBenchmark: { needed: () => ({ name: "made", train: [dataset()], test: [dataset()] }) },
  createDomainIncrementalBenchmark: {
    needed: () => ({ name: "made", train: makeSource(), test: makeSource(), domains: [], normalization }),
    unfinished: "no benchmark without experiences",
  },
  createEngine: { needed: async () => ({ model: await prepareModel("tfjs", topology()), device: "cpu" }) },
  createLinearDecayStream: {
    call: (options) => firn.createLinearDecayStream(makeBenchmark().trainStream, options as firn.LinearDecayOptions),
    needed: () => ({ ...online(), beta: 2 }),
  },
  createNewInstancesBenchmark: { needed: () => ({ ...dealt(), experiences: 2 }) },
  createOnlineStream: {
    call: (options) => firn.createOnlineStream(makeBenchmark().trainStream, options as firn.OnlineStreamOptions),
    needed: online,
  },
  continueTrainingRun: { needed: makeRun, loose: ["config"], unfinished: FILES },
  createJournalJudge: { needed: () => ({ folder: "never made" }) },
  createPluginMetric: { needed: makeMetric },
  createReportingMetric: { needed: () => ({ ...makeMetric(), report: () => [] }) },
  createTrainingRun: { needed: makeRun, loose: ["config"], unfinished: "makes a folder" },
  directoryBenchmark: { needed: () => ({ path: "never made" }), unfinished: FILES },
  exportModel: { needed: makeExport },
  exportModelFiles: { needed: makeExport },
  exportStrategy: {
    call: (options) => firn.exportStrategy(new firn.Naive(makeOptions()), options as firn.StrategyExportOptions),
    needed: () => ({ benchmark: makeBenchmark(), experience: makeBenchmark().trainStream.at(0) }),
    unfinished: "needs a strategy that was trained",
  },
  GaussianSampling: layer,
  GroupNormalization: {
    // Null is what Keras writes for none, and nothing else will do.
    loose: [...layer.loose, "betaRegularizer", "gammaRegularizer", "betaConstraint", "gammaConstraint"],
  },
  gpuUsageMetrics: { needed: () => ({ gpuId: 0, openMonitor: () => ({ close: () => {} }) }) },
  IncrementalClassifier: layer,
  loadCIFAR10: { unfinished: FILES },
  loadCIFAR100: { unfinished: FILES },
  loadFashionMNIST: { unfinished: FILES },
  loadMNIST: { unfinished: FILES },
  loadStrategy: { call: (options) => firn.loadStrategy("never made", options), unfinished: FILES },
  MultiHeadClassifier: layer,
  onnxModel: { unfinished: FILES },
  tfjsModel: { unfinished: FILES, needed: () => ({ path: "never made" }) },
  permutedMNIST: { unfinished: FILES },
  ProgressiveNetwork: layer,
  readSamples: {
    call: (options) => firn.readSamples(dataset(), options as Parameters<typeof firn.readSamples>[1]),
    needed: () => ({ seed: 0, step: 1 }),
  },
  resumeTrainingRun: { needed: makeRun, loose: ["config"], unfinished: FILES },
  rotatedMNIST: { unfinished: FILES },
  serve: { needed: () => ({ models: [{ path: "never made" }] }), unfinished: FILES },
  splitCIFAR10: { unfinished: FILES },
  splitCIFAR100: { unfinished: FILES },
  splitFashionMNIST: { unfinished: FILES },
  splitMNIST: { unfinished: FILES },
  splitValidation: {
    call: (options) => firn.splitValidation(dataset(), options as Parameters<typeof firn.splitValidation>[1]),
    needed: () => ({ validationSize: 0.5, random: random() }),
  },
  Standardization: layer,
  Subtract: layer,
  UnitNormalization: layer,
  VAETraining: {
    needed: () => ({
      generator: firn.mlpVAE({ inputShape: [6], latentSize: 2, hiddenSizes: [3] }),
      optimizer: new firn.SGD({ learningRate: 0.1 }),
      cluster: { workers: 0 },
    }),
  },
  withGrowingHead: {
    call: (options) => firn.withGrowingHead(firn.mlp({ inputShape: [2], hiddenSize: 3 }), "incremental", options),
  },
  writeReport: { call: (options) => firn.writeReport(["never made"], options), unfinished: FILES },
};

/** How what is exported under this name takes options. */
export function describeTaker(name: string, exported: object): OptionTaker {
  const isClass = isConstructor(exported);
  const isStrategy = isClass && (exported === firn.BaseStrategy || exported.prototype instanceof firn.BaseStrategy);
  const call = isClass
    ? (options: object) => Reflect.construct(exported, [options])
    : (options: object) => Reflect.apply(exported as () => unknown, undefined, [options]);
  const needed = () => ({ ...(isStrategy ? makeOptions() : {}), ...NEEDED[name]?.() });
  return { call, needed, ...SPECIAL[name] };
}

/** Names in the tables above that nothing exported has. */
export function listStaleNames(): string[] {
  return [...Object.keys(NEEDED), ...Object.keys(SPECIAL)].filter((name) => !(name in firn));
}

function isConstructor(exported: object): exported is new (options: object) => object {
  return /^class\b/.test(Function.prototype.toString.call(exported));
}
