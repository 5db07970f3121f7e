/** A strategy of your own as a subclass: one step of the loop is overridden, the callbacks stay where they are. */
import { BaseStrategy, CrossEntropyLoss, Dataset, type LastMetrics, SGD, simpleMLP, splitMNIST } from "firn";

/** Trains on the union of all experiences seen so far. */
export class Cumulative extends BaseStrategy {
  /** The cumulative dataset: a view by index, no sample is copied. */
  #dataset: Dataset | undefined;

  override async trainDatasetAdaptation(): Promise<void> {
    await super.trainDatasetAdaptation();
    const current = this.experience.dataset;
    this.#dataset = this.#dataset ? Dataset.concat([this.#dataset, current]) : current;
    this.adaptedDataset = this.#dataset;
  }
}

export async function trainCumulatively(options: { examplesPerExperience?: number } = {}): Promise<LastMetrics> {
  const benchmark = await splitMNIST({ experiences: 5, seed: 1, ...options });
  await using strategy = new Cumulative({
    model: simpleMLP({ numClasses: 10 }),
    optimizer: new SGD({ learningRate: 0.01, momentum: 0.9 }),
    criterion: new CrossEntropyLoss(),
    trainMbSize: 128,
  });
  await strategy.train(benchmark.trainStream);
  return await strategy.eval(benchmark.testStream);
}

if (import.meta.main) await trainCumulatively();
