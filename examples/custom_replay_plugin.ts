/** A strategy of your own as a plugin: replay, written from a buffer, a loader and two callbacks. */
import {
  type BaseStrategy,
  CrossEntropyLoss,
  type LastMetrics,
  Naive,
  ReplayDataLoader,
  ReservoirSamplingBuffer,
  SGD,
  type StrategyPlugin,
  simpleMLP,
  splitMNIST,
} from "firn";

/** A simple replay plugin with reservoir sampling. */
export class ReplayP implements StrategyPlugin {
  readonly buffer: ReservoirSamplingBuffer;

  constructor(memSize: number) {
    this.buffer = new ReservoirSamplingBuffer({ maxSize: memSize });
  }

  /** Uses a custom dataloader to combine samples of the current data and of the memory. */
  beforeTrainingExp(strategy: BaseStrategy): void {
    // In the first experience the buffer is empty: the strategy's own dataloader stays.
    if (this.buffer.buffer.length === 0) return;
    strategy.dataloader = new ReplayDataLoader({
      data: strategy.adaptedDataset,
      memory: this.buffer.buffer,
      oversampleSmallTasks: true,
      batchSize: strategy.trainMbSize,
      shuffle: strategy.shuffle,
      stream: strategy.randomStreams.get("shuffle"),
    });
  }

  /** Updates the buffer. */
  afterTrainingExp(strategy: BaseStrategy): void {
    this.buffer.update(strategy);
  }
}

export async function trainWithCustomReplay(options: { examplesPerExperience?: number } = {}): Promise<LastMetrics> {
  const benchmark = await splitMNIST({ experiences: 5, seed: 1, ...options });
  await using strategy = new Naive({
    model: simpleMLP({ numClasses: 10 }),
    optimizer: new SGD({ learningRate: 0.01, momentum: 0.9 }),
    criterion: new CrossEntropyLoss(),
    trainMbSize: 128,
    plugins: [new ReplayP(2000)],
  });
  await strategy.train(benchmark.trainStream);
  return await strategy.eval(benchmark.testStream);
}

if (import.meta.main) await trainWithCustomReplay();
