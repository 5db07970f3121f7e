/** A result that somebody published, and the run that is to reach it. */
export interface PublishedResult {
  /** What `bun run reproduce NAME` calls it. */
  readonly name: string;
  /** Accuracy on the whole test stream after the last experience. */
  readonly published: number;
  /** How far below it a mean may lie: what the source's own tests allow. */
  readonly tolerance: number;
  /** The words after `train`, without the seed; the run's seed decides the benchmark's random choices, too. */
  readonly words: readonly string[];
  /** Where the run is not quite what was published; empty where it is. */
  readonly departure: string;
}

/**
 * Configurations on MNIST from ContinualAI's continual-learning-baselines (README and tests): accuracies that Avalanche
 * reaches, so that methods follow Avalanche where it differs from their papers. Shards are fixed: the numbers do not depend
 * on how many cores there are.
 */
export const PUBLISHED_RESULTS: readonly PublishedResult[] = [
  {
    name: "ewc-permuted-mnist",
    published: 0.83,
    tolerance: 0.03,
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
    words: [
      ...["--strategy", "si:lambda=1,eps=0.1,compatibility=avalanche"],
      ...["--benchmark", "split-mnist:experiences=5,taskLabels=true,classOrder=0|1|2|3|4|5|6|7|8|9"],
      ...["--model", "mlp:hiddenLayers=2,hiddenSize=256,multiHead=true", "--optimizer", "adam:learningRate=0.001"],
      ...["--epochs", "10", "--batch-size", "64", "--logical-shards", "2"],
    ],
    departure: "",
  },
  {
    name: "gem-permuted-mnist",
    published: 0.93,
    tolerance: 0.03,
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
    words: [
      ...["--strategy", "replay:memSize=1000,storagePolicy=class-balanced,batchSizeMem=10"],
      ...["--benchmark"],
      "split-mnist:experiences=5,validationSize=0.05,onlineExperienceSize=10,classOrder=0|1|2|3|4|5|6|7|8|9",
      ...["--model", "simple-mlp", "--optimizer", "sgd:learningRate=0.1"],
      ...["--epochs", "1", "--batch-size", "10", "--workers", "0", "--logical-shards", "1"],
    ],
    departure: "the last, shorter experience of each five is trained on, where the source drops it",
  },
];
