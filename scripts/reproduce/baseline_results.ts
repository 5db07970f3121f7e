import type { PublishedResult } from "./published_result.ts";

const SOURCE = "ContinualAI's continual-learning-baselines";

const IN_ORDER = "classOrder=0|1|2|3|4|5|6|7|8|9";

/** The samples of an experience that MIR's configurations keep, and how they come. */
const THOUSAND_ONLINE = "examplesPerExperience=1000,onlineExperienceSize=10,normalize=false";

/**
 * Configurations on MNIST from ContinualAI's continual-learning-baselines, with the targets and tolerances of its
 * tests: accuracies that Avalanche reaches, so that methods follow Avalanche where it differs from their papers. Shards
 * are fixed: the numbers do not depend on how many cores there are.
 */
export const BASELINE_RESULTS: readonly PublishedResult[] = [
  {
    name: "ewc-permuted-mnist",
    published: 0.83,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "ewc:lambda=1,compatibility=avalanche", "--benchmark", "permuted-mnist:experiences=10"],
      ...["--model", "mlp:hiddenLayers=1,hiddenSize=512", "--optimizer", "sgd:learningRate=0.001"],
      ...["--epochs", "10", "--batch-size", "256", "--logical-shards", "2"],
    ],
    departure: "",
  },
  {
    name: "si-split-mnist",
    published: 0.97,
    tolerance: 0.01,
    source: SOURCE,
    words: [
      ...["--strategy", "si:lambda=1,eps=0.1,compatibility=avalanche"],
      ...["--benchmark", `split-mnist:experiences=5,taskLabels=true,${IN_ORDER}`],
      ...["--model", "mlp:hiddenLayers=2,hiddenSize=256,multiHead=true", "--optimizer", "adam:learningRate=0.001"],
      ...["--epochs", "10", "--batch-size", "64", "--logical-shards", "2"],
    ],
    departure: "",
  },
  {
    name: "gem-permuted-mnist",
    published: 0.93,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "gem:patternsPerExperience=1000,memoryStrength=0.5"],
      ...["--benchmark", "permuted-mnist:experiences=5"],
      ...["--model", "mlp:hiddenLayers=2,hiddenSize=100", "--optimizer", "sgd:learningRate=0.1"],
      ...["--epochs", "1", "--batch-size", "10", "--logical-shards", "2"],
    ],
    departure: "",
  },
  {
    name: "gdumb-split-mnist",
    published: 0.97,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "gdumb:memSize=4400", "--benchmark", "split-mnist:experiences=5"],
      ...["--model", "mlp:hiddenLayers=2,hiddenSize=400", "--optimizer", "sgd:learningRate=0.1"],
      ...["--epochs", "10", "--batch-size", "16", "--workers", "0", "--logical-shards", "1"],
    ],
    departure: "",
  },
  {
    name: "lwf-split-mnist",
    published: 0.23,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "lwf:alpha=0|0.5|1.33333|2.25|3.2,temperature=2,compatibility=avalanche"],
      ...["--plugin", "loss-scaling:factor=inverse-experience", "--benchmark", "split-mnist:experiences=5"],
      ...["--model", "mlp:hiddenLayers=1,hiddenSize=200,activation=tanh", "--optimizer", "sgd:learningRate=0.001"],
      ...["--epochs", "21", "--batch-size", "128", "--logical-shards", "2"],
    ],
    departure: "",
  },
  {
    name: "online-replay-split-mnist",
    published: 0.92,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "replay:memSize=1000,storagePolicy=class-balanced,batchSizeMem=10"],
      ...["--benchmark"],
      `split-mnist:experiences=5,validationSize=0.05,onlineExperienceSize=10,onlineDropLast=true,${IN_ORDER}`,
      ...["--model", "simple-mlp", "--optimizer", "sgd:learningRate=0.1"],
      ...["--epochs", "1", "--batch-size", "10", "--workers", "0", "--logical-shards", "1"],
    ],
    departure: "",
  },
  {
    name: "agem-permuted-mnist",
    published: 0.81,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "agem:patternsPerExperience=250,sampleSize=256"],
      ...["--benchmark", "permuted-mnist:experiences=17"],
      ...["--model", "mlp:hiddenLayers=2,hiddenSize=256", "--optimizer", "sgd:learningRate=0.1"],
      ...["--epochs", "1", "--batch-size", "10", "--logical-shards", "2"],
    ],
    departure: "",
  },
  {
    name: "si-permuted-mnist",
    published: 0.83,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "si:lambda=10,eps=0.1,compatibility=avalanche", "--benchmark", "permuted-mnist:experiences=10"],
      ...["--model", "mlp:hiddenLayers=1,hiddenSize=1000", "--optimizer", "adam:learningRate=0.001"],
      ...["--epochs", "10", "--batch-size", "256", "--logical-shards", "2"],
    ],
    departure: "",
  },
  {
    name: "lfl-permuted-mnist",
    published: 0.88,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "lfl:lambda=0.0001,compatibility=avalanche", "--benchmark", "permuted-mnist:experiences=4"],
      ...["--model", "mlp:hiddenLayers=1,hiddenSize=256", "--optimizer", "sgd:learningRate=0.01"],
      ...["--epochs", "3", "--batch-size", "128", "--workers", "0", "--logical-shards", "2"],
    ],
    departure: "",
  },
  {
    name: "rwalk-split-mnist",
    published: 0.99,
    tolerance: 0.01,
    source: SOURCE,
    words: [
      ...["--strategy", "rwalk:lambda=0.1,alpha=0.9,deltaT=10"],
      ...["--benchmark", `split-mnist:experiences=5,taskLabels=true,${IN_ORDER}`],
      ...["--model", "mlp:hiddenLayers=2,hiddenSize=256,multiHead=true", "--optimizer", "adam:learningRate=0.001"],
      ...["--epochs", "10", "--batch-size", "64", "--workers", "0", "--logical-shards", "2"],
    ],
    departure: "",
  },
  {
    name: "cope-split-mnist",
    published: 0.93,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "cope:memSize=2000,alpha=0.99,temperature=0.1,compatibility=avalanche"],
      ...["--benchmark", `split-mnist:experiences=5,onlineExperienceSize=10,${IN_ORDER}`],
      ...["--model", "mlp:hiddenLayers=2,hiddenSize=400,outputs=32", "--optimizer", "sgd:learningRate=0.01"],
      ...["--epochs", "1", "--batch-size", "10", "--workers", "0", "--logical-shards", "1"],
    ],
    departure: "",
  },
  {
    name: "gss-split-mnist",
    published: 0.78,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "gss-greedy:memSize=300,memStrength=10"],
      ...["--benchmark", "split-mnist:experiences=5,examplesPerExperience=1000"],
      ...["--model", "mlp:hiddenLayers=2,hiddenSize=100", "--optimizer", "sgd:learningRate=0.05"],
      ...["--epochs", "3", "--batch-size", "10", "--workers", "0", "--logical-shards", "1"],
    ],
    departure: "samples are compared one by one, as in the paper, where the source compares minibatches",
  },
  {
    name: "generative-replay-split-mnist",
    published: 0.75,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "generative-replay:replaySize=100,compatibility=avalanche"],
      ...["--benchmark", "split-mnist:experiences=5"],
      ...["--model", "mlp:hiddenLayers=2,hiddenSize=400", "--optimizer", "adam:learningRate=0.001"],
      ...["--epochs", "10", "--batch-size", "16", "--workers", "0", "--logical-shards", "1"],
    ],
    departure:
      "the generator is our own: 32 latent numbers, Adam 0.001; the source has 2, and Adam 0.01 with weight decay",
  },
  {
    name: "mir-split-mnist",
    published: 0.87,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "mir:memSize=500,subsample=50,batchSizeMem=10,compatibility=avalanche"],
      ...["--benchmark", `split-mnist:experiences=5,${THOUSAND_ONLINE}`],
      ...["--model", "simple-mlp:hiddenSize=400", "--optimizer", "sgd:learningRate=0.05"],
      ...["--epochs", "1", "--batch-size", "10", "--workers", "0", "--logical-shards", "1"],
    ],
    departure: "",
  },
  {
    name: "mir-permuted-mnist",
    published: 0.8,
    tolerance: 0.03,
    source: SOURCE,
    words: [
      ...["--strategy", "mir:memSize=500,subsample=50,batchSizeMem=10,compatibility=avalanche"],
      ...["--benchmark", `permuted-mnist:experiences=10,${THOUSAND_ONLINE}`],
      ...["--model", "simple-mlp:hiddenSize=400", "--optimizer", "sgd:learningRate=0.05"],
      ...["--epochs", "1", "--batch-size", "10", "--workers", "0", "--logical-shards", "1"],
    ],
    departure: "",
  },
];
