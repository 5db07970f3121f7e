/** How much is measured. */
export interface BenchSizes {
  readonly repetitions: number;
  readonly warmups: number;
  /**
   * Training steps in one measurement of a fast contestant: so many that what a turn costs (caches and pages that
   * others have taken meanwhile) does not count.
   */
  readonly steps: number;
  /** The same beside a contestant that needs a tenth of a second for one. */
  readonly fewSteps: number;
  /** The same for models and engines that need seconds for a few. */
  readonly slowSteps: number;
  /** Repetitions of those. */
  readonly slowRepetitions: number;
  /** Repetitions of what takes many seconds each. */
  readonly longRepetitions: number;
  /** Samples in each experience of a whole run; undefined takes all. */
  readonly examplesPerExperience: number | undefined;
  /** The same for engines that are slow. */
  readonly fewExamplesPerExperience: number;
  /** Samples in the memory of the online suite, and the steps that fill it before any counts. */
  readonly memorySize: number;
  readonly fillingSteps: number;
  /** Steps in a tenth of a long online training, and epochs of each experience in a long run. */
  readonly longSteps: number;
  readonly longEpochs: number;
  /** Small experiences of one run. */
  readonly manyExperiences: number;
  /**
   * Samples in each experience where strategies are compared: so many that Workers that start and code that was never
   * run do not count.
   */
  readonly strategyExamples: number;
  /** The same for strategies that need hundreds of milliseconds for a minibatch. */
  readonly fewStrategyExamples: number;
  /** Samples of which a frozen network's outputs are trained on. */
  readonly frozenSamples: number;
  /** Samples in a minibatch of convolutional models. */
  readonly imageBatchSize: number;
  /** Requests in one measurement of a server. */
  readonly requests: number;
  /** Rows and columns of the matrices whose product tells the machine's speed. */
  readonly gemmSize: number;
}

/** What is worth reporting. */
export const FULL_SIZES: BenchSizes = {
  repetitions: 15,
  warmups: 1,
  steps: 200,
  fewSteps: 25,
  slowSteps: 3,
  slowRepetitions: 5,
  longRepetitions: 3,
  examplesPerExperience: undefined,
  fewExamplesPerExperience: 640,
  memorySize: 1000,
  fillingSteps: 120,
  longSteps: 500,
  longEpochs: 6,
  manyExperiences: 1000,
  strategyExamples: 2048,
  fewStrategyExamples: 512,
  frozenSamples: 5000,
  imageBatchSize: 64,
  requests: 4000,
  gemmSize: 1024,
};

/** Only enough to see that everything works. */
export const QUICK_SIZES: BenchSizes = {
  repetitions: 2,
  warmups: 1,
  steps: 2,
  fewSteps: 1,
  slowSteps: 1,
  slowRepetitions: 1,
  longRepetitions: 1,
  examplesPerExperience: 64,
  fewExamplesPerExperience: 32,
  memorySize: 50,
  fillingSteps: 6,
  longSteps: 2,
  longEpochs: 2,
  manyExperiences: 12,
  strategyExamples: 130,
  fewStrategyExamples: 130,
  frozenSamples: 60,
  imageBatchSize: 4,
  requests: 130,
  gemmSize: 64,
};
